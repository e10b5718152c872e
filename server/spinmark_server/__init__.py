"""The local HTTP server of Spinmark: the API, the page, and the guards before both."""
