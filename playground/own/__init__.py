"""Pictures that people bring along: taken in, indexed, searched, saved and opened again."""
