"""Training of Spinmark's model; never shipped. Its only product is `spinmark/weights/`."""

from spinmark.locality import forbid_telemetry

forbid_telemetry()  # the export runs graphs before anything of the library does
