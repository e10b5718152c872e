"""The list of what ships, as CycloneDX 1.6: the package, the model within, the extension, and what they bring.

    python tools/sbom.py [DIST] > spinmark.cdx.json

Wheels, sdists and zips in the folder DIST are named with their SHA-256. Dependencies are those installed beside this
Python; what only an extra brings has the scope `optional`. The same input gives the same bytes; the time is that of
SOURCE_DATE_EPOCH, or left out.
"""

import hashlib
import json
import os
import sys
import tomllib
import uuid
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from licences import EXTRAS, Distribution, brought_by, needs
from packageurl import PackageURL

SCHEMA = SchemaVersion.V1_6
LICENCE = "Apache-2.0"  # of everything that is our own, the weights among it

# Of the files of a release, by how their names end.
SHIPPED = (".whl", ".tar.gz", ".zip")

_ROOT = Path(__file__).parents[1]
_licences = LicenseFactory()


def sha256(content: bytes) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(content).hexdigest())


def library(distribution: Distribution, scope: ComponentScope) -> Component:
    purl = PackageURL("pypi", name=distribution.name, version=distribution.version)
    return Component(
        type=ComponentType.LIBRARY,
        name=distribution.name,
        version=distribution.version,
        bom_ref=str(purl),
        purl=purl,
        scope=scope,
        licenses=[_licences.make_from_string(distribution.licence)] if distribution.licence else [],
    )


def model() -> Component:
    """Return the packaged weights; they are ours and have no components of their own."""
    folder = files("spinmark").joinpath("weights")
    card = tomllib.loads(folder.joinpath("card.toml").read_text(encoding="utf-8"))["model"]
    parts = [
        Component(
            type=ComponentType.FILE,
            name=f"spinmark/weights/{name}",
            bom_ref=f"file:{name}",
            hashes=[sha256(folder.joinpath(name).read_bytes())],
        )
        for name in ("model.onnx", "tokenizer.json")
    ]
    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name=card["name"],
        version=card["version"],
        bom_ref=f"model:{card['name']}@{card['version']}",
        licenses=[_licences.make_from_string(LICENCE)],
        components=parts,
    )


def extension(version: str) -> Component:
    """Return the extension: it ships files of ours alone.

    Raises: ValueError, where package.json names a package that would ship.
    """
    described = json.loads((_ROOT / "package.json").read_text(encoding="utf-8"))
    if shipped := described.get("dependencies"):
        raise ValueError(f"package.json names what ships, and this list does not: {', '.join(shipped)}")
    return Component(
        type=ComponentType.APPLICATION,
        name="spinmark-extension",
        version=version,
        bom_ref=f"extension@{version}",
        licenses=[_licences.make_from_string(LICENCE)],
    )


def release_files(folder: Path) -> list[Component]:
    return [
        Component(
            type=ComponentType.FILE,
            name=path.name,
            bom_ref=f"release:{path.name}",
            hashes=[sha256(path.read_bytes())],
        )
        for path in sorted(folder.iterdir())
        if path.name.endswith(SHIPPED)
    ]


def list_of_parts(folder: Path | None, time: datetime | None) -> Bom:
    """Return the whole list; `folder` holds the files of a release."""
    always = brought_by("spinmark")
    everything = brought_by("spinmark", EXTRAS)
    ours = everything["spinmark"]
    root = library(ours, ComponentScope.REQUIRED)
    root.type = ComponentType.APPLICATION
    libraries = {
        name: library(found, ComponentScope.REQUIRED if name in always else ComponentScope.OPTIONAL)
        for name, found in everything.items()
        if name != ours.name
    }
    others = [model(), extension(ours.version), *(release_files(folder) if folder else ())]
    bom = Bom(components=[*libraries.values(), *others])
    bom.metadata.component = root
    bom.metadata.timestamp = time
    bom.register_dependency(root, [*(libraries[name] for name in needs(ours) & set(libraries)), others[0]])
    for name, component in libraries.items():
        bom.register_dependency(component, [libraries[n] for n in needs(everything[name]) & set(libraries)])
    names = "\n".join(sorted(str(c.bom_ref) + "".join(h.content for h in c.hashes) for c in bom.components))
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, names)
    return bom


def main(arguments: list[str]) -> int:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    time = datetime.fromtimestamp(int(epoch), UTC) if epoch else None
    bom = list_of_parts(Path(arguments[0]) if arguments else None, time)
    document = make_outputter(bom, OutputFormat.JSON, SCHEMA).output_as_string(indent=2)
    if fault := JsonStrictValidator(SCHEMA).validate_str(document):
        print(f"The list breaks the rules of CycloneDX: {fault}", file=sys.stderr)
        return 1
    print(document)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
