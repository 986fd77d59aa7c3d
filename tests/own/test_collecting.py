"""An operator's folder becomes one file, stopped and gone on with, and is served from disk."""

import os
from types import SimpleNamespace

import numpy as np
import pytest

from playground.index import fingerprint
from playground.models import clip
from playground.own import collecting
from playground.own.collecting import collect, files_of
from playground.own.portable import open_portable
from playground.own.sources import FixedSource
from playground.visitors.errors import PersonError
from playground.visitors.pictures import read_picture
from tests.own.test_indexing import png
from tests.tiny_world import tiny_cache, tiny_entry


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    item = tiny_entry(folder)
    return SimpleNamespace(
        item=item,
        cache=tiny_cache(item, folder=folder),
        models_folder=str(folder),
        mark=fingerprint(item, str(folder)),
    )


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pictures"
    (folder / "deeper" / ".hidden").mkdir(parents=True)
    for number in range(40):
        (folder / f"{number:02}.png").write_bytes(png(number))
    (folder / "deeper" / "emoji \U0001f600\n.png").write_bytes(png(40))
    (folder / "deeper" / "again.png").write_bytes(png(3))
    (folder / "notes.txt").write_text("hello")
    (folder / ".hidden.png").write_bytes(png(41))
    (folder / "deeper" / ".hidden" / "x.png").write_bytes(png(42))
    (folder / "link.png").symlink_to(folder / "01.png")
    return folder


def make(world, folder, output, tell=lambda _: None, mark=None):
    mark = mark or world.mark
    return collect(folder, output, world.cache, world.item, fingerprint=mark, tell=tell)


def test_every_picture_is_in_the_file_with_its_own_vector(world, folder, tmp_path):
    output = tmp_path / "out.safetensors"
    found = make(world, folder, output)
    assert (found.pictures, found.duplicates, len(found.faults)) == (41, 1, 1)
    assert found.faults[0].name == "notes.txt"
    opened = open_portable(output)
    names = [opened.picture(place).name for place in range(len(opened))]
    assert names[:2] == ["00.png", "01.png"] and "deeper/emoji \U0001f600.png" in names
    pixels = [read_picture(png(int(name[:2]))).pixels for name in names[:40]]
    alone = world.cache.run("tiny-clip", lambda model: clip.embed_pictures(model, pixels))
    assert np.allclose(opened.vectors[:40], alone, atol=1e-5)
    assert not output.with_name(output.name + ".part").exists()


@pytest.mark.parametrize("batches", [1, 2])
def test_stopped_it_goes_on_and_makes_the_same_file(world, folder, tmp_path, batches):
    whole, output = tmp_path / "whole.safetensors", tmp_path / "out.safetensors"
    make(world, folder, whole)
    told = []

    def stop(_):
        told.append(1)
        if len(told) == batches:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(world, folder, output, tell=stop)
    assert not output.exists()
    # As if the stop had come while a batch was written.
    part = output.with_name(output.name + ".part")
    for name in ("vectors", "previews", "journal"):
        with (part / name).open("ab") as stream:
            stream.write(b"half of something")
    seen = []
    found = make(world, folder, output, tell=lambda now: seen.append(now.done))
    assert seen[0] == min(16 * (batches + 1), 43)
    assert (found.pictures, found.duplicates, len(found.faults)) == (41, 1, 1)
    assert output.read_bytes() == whole.read_bytes()


def test_parts_that_a_power_cut_took_are_made_again(world, folder, tmp_path):
    whole, output = tmp_path / "whole.safetensors", tmp_path / "out.safetensors"
    make(world, folder, whole)

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(world, folder, output, tell=stop)
    os.truncate(output.with_name(output.name + ".part") / "vectors", 100)
    assert make(world, folder, output).pictures == 41
    assert output.read_bytes() == whole.read_bytes()


def test_parts_of_another_model_are_begun_anew(world, folder, tmp_path):
    output = tmp_path / "out.safetensors"

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(world, folder, output, tell=stop, mark="an older version")
    assert make(world, folder, output).pictures == 41
    assert open_portable(output).about.fingerprint == world.mark


def test_a_folder_without_pictures_makes_no_file(world, tmp_path):
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "a.txt").write_text("x")
    with pytest.raises(ValueError):
        make(world, tmp_path / "none", tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


def test_links_and_hidden_files_are_passed_over(folder):
    names = {file.name for file in files_of(folder)}
    assert "link.png" not in names and not any(name.startswith(".") for name in names)


def test_it_is_served_for_the_model_that_made_it(world, folder, tmp_path):
    output = tmp_path / "school trip.safetensors"
    make(world, folder, output)
    source = FixedSource(output, world.models_folder)
    index = source.at_hand(world.item)
    assert source.title == "school trip" and index.graph is None
    assert isinstance(index.vectors, np.memmap)
    pictures = source.collection
    assert pictures.place_of("3") == 3 and pictures.pictures[3].file == "03.png"
    assert pictures.read(3).pixels.shape == (40, 40, 3)
    for wrong in ("41", "-1", "\u0663", "9" * 400, None):
        with pytest.raises(PersonError):
            pictures.place_of(wrong)
    other = tiny_entry(tmp_path, key="other-clip", seed=3)
    with pytest.raises(PersonError) as told:
        source.at_hand(other)
    assert told.value.key == "mistake.own.other_model"


def test_another_version_of_the_model_is_refused(world, folder, tmp_path):
    output = tmp_path / "old.safetensors"
    make(world, folder, output, mark="an older version")
    with pytest.raises(PersonError) as told:
        FixedSource(output, world.models_folder).at_hand(world.item)
    assert told.value.key == "mistake.own.other_model"


def test_a_large_collection_gets_a_graph_that_must_be_its_own(world, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "needs_graph", lambda *_: True)
    output = tmp_path / "large.safetensors"
    make(world, folder, output)
    graph = output.with_suffix(".hnsw")
    found = FixedSource(output, world.models_folder).at_hand(world.item).graph
    target = np.array(open_portable(output).vectors[5])
    places, cosines = found.nearest(target, 3)
    assert places[0] == 5 and cosines[0] == pytest.approx(1, abs=1e-5)
    graph.write_bytes(graph.read_bytes()[:-1] + b"x")
    with pytest.raises(PersonError) as told:
        FixedSource(output, world.models_folder).at_hand(world.item)
    assert told.value.key == "mistake.own.file_broken"
