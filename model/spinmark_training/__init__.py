"""Training of Spinmark's model; never shipped. Its only product is `spinmark/weights/`."""
