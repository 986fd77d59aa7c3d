"""One file per family of models: how to build its parts, and typed functions on arrays.

A family module offers `build(tower, folder)`, which makes one part on the CPU, and
`join(folder, *parts)`, which makes the object that its functions take. Heavy libraries are
imported inside the functions.
"""
