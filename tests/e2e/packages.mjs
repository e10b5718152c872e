// The packages as they are built to be published, since those are what people install.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../extension/build.mjs";
import { PYTHON } from "./server.mjs";

/** Build both packages into a folder that `remove` takes away again. */
export function buildPackages() {
  const folder = mkdtempSync(join(tmpdir(), "spinmark-packages-"));
  const { chromium, firefox } = build(folder);
  return {
    firefox,

    /** Unpack the one for Chromium, which loads folders, by another program than the one that packed it. */
    unpackChromium() {
      const unpacked = join(folder, "chromium");
      execFileSync(PYTHON, ["-m", "zipfile", "-e", chromium, unpacked]);
      return unpacked;
    },

    remove: () => rmSync(folder, { recursive: true }),
  };
}
