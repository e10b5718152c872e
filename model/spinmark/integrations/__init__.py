"""Spinmark within other people's libraries; each module is loaded by the one that it serves."""
