"""Makes the encoded pictures that ship with the playground: the SAM tab opens on one at once.

`python -m playground.stored_segments`, after mini-sam or one of its example pictures has changed.
"""

from __future__ import annotations

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items, of_family
from playground.collection import read_collection
from playground.index import fingerprint
from playground.models import sam
from playground.segmenting.proposals import grid_points, proposals_of
from playground.segmenting.store import Kept
from playground.segmenting.stored import EXAMPLES, STORED, stored_file, write_stored
from playground.settings import read_settings

POINTS_AT_ONCE = 16


def main() -> None:
    """Encodes every example with every built-in model and decodes the grid; old files go."""
    cache = Cache(cache_items(CATALOG, read_settings()))
    collection = read_collection()
    for file in STORED.glob("*.safetensors"):
        file.unlink()
    for item in of_family("sam"):
        if not item.is_built_in:
            continue
        for picture_id in EXAMPLES:
            picture = collection.read(collection.place_of(picture_id))
            with cache.lease(item.key) as model:
                (encoded,) = sam.encode(model, [picture.pixels])
                points_xy = grid_points(encoded.size_hw)
                key = (item.key, fingerprint(item), picture.content_id)
                kept = Kept(key, item, picture, encoded, 0.0, points_of=len(points_xy))
                for start in range(0, len(points_xy), POINTS_AT_ONCE):
                    some = points_xy[start : start + POINTS_AT_ONCE]
                    masks = sam.decode_points(model, encoded, some)
                    kept.add(proposals_of(masks, some, encoded), len(some))
            write_stored(kept, stored_file(STORED, item.key, picture_id))


if __name__ == "__main__":
    main()
