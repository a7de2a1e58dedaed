"""Checklists: what they are (`model`), how they are read and checked (`loader`, `lint`), what answers mean (`engine`).

Pure: plain data in, plain data out. The published versions are in `definitions/`, cases that pin the rules in
`vectors/`.
"""
