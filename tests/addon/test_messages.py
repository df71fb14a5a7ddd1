"""Every error has a sentence and a remedy that a person who only knows Blender can follow."""

import re

import pytest

FROM_THE_COMMAND_LINE = re.compile(r"python -m|--\w|\bpip\b|`|engine/requirements|\bstdout\b|\bJSON\b")


def _codes(part):
    return list(part("contract").ErrorCode)


def test_every_code_has_a_sentence_and_a_remedy_in_blenders_words(part):
    messages, contract = part("messages"), part("contract")
    for code in _codes(part):
        words = messages.explain(contract.PlatelightError(code, "plate_v2.mov"))
        for text in (words.sentence, words.remedy):
            assert text[0].isupper() and text.endswith("."), f"{code}: {text!r}"
            assert not text.endswith("..") and "{" not in text and "\n" not in text, f"{code}: {text!r}"
            assert not FROM_THE_COMMAND_LINE.search(text), f"{code}: {text!r}"
        assert words.remedy != words.sentence


def test_details_appear_and_may_be_absent(part):
    messages, contract = part("messages"), part("contract")
    shown = messages.explain(contract.PlatelightError(contract.ErrorCode.DISK_FULL, "/mnt/show"))
    assert shown.sentence == "The disk is full: /mnt/show."
    bare = messages.explain(contract.PlatelightError(contract.ErrorCode.DISK_FULL))
    assert bare.sentence == "The disk is full."


def test_one_line_for_a_report_has_both(part):
    messages, contract = part("messages"), part("contract")
    line = messages.in_one_line(contract.PlatelightError(contract.ErrorCode.CANCELLED))
    assert line == "Cancelled. Finished frames are kept. Press Estimate to continue."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("max_resolution 512 -> 1024", "Resolution: 512 → 1024"),
        ("model preview -> normalcrafter", "Model: preview → normalcrafter"),
        ("decode_chunk_size 7 -> 2", "Decode Chunk: 7 → 2"),
        ("the model was tuned to this shot since", "The model was tuned to this shot since"),
    ],
)
def test_a_changed_setting_goes_by_its_name_on_the_panel(part, change, words):
    assert part("messages").change_in_words(change) == words


def test_every_setting_has_a_name_on_the_panel(part):
    import dataclasses

    names = part("messages")._SETTINGS
    assert set(names) == {field.name for field in dataclasses.fields(part("contract").EstimateSettings)}
