"""A taxonomy file is read whole, or refused in a sentence that names what is wrong with it."""

from __future__ import annotations

import pytest

from models.shipped import DATASETS
from pipeline.taxonomy import Taxonomy

SHIPPED = (DATASETS / "taxonomy.toml").read_text("utf-8")


def test_a_new_label_and_its_category_are_a_few_lines_of_the_file() -> None:
    labels = SHIPPED.replace('"person"]', '"person", "manhole"]')
    entry = """
    [[category]]
    key = "manhole"
    kind = "part"
    code = "01-01"
    zh = "井盖缺损"
    en = "Broken manhole cover"
    labels = ["manhole"]
    clock_working_h = 2
    spacing_m = 2.0
    life_h = 48.0
    """
    taxonomy = Taxonomy.parse(labels + entry)
    category = taxonomy.category_of("manhole")
    assert category is not None
    assert (category.key, category.clock_working_h, taxonomy.labels[-1]) == ("manhole", 2.0, "manhole")
    assert taxonomy.category_of("person") is None


def test_what_a_city_notes_beside_its_codes_is_passed_over() -> None:
    assert Taxonomy.parse('edition = "2021"\n' + SHIPPED) == Taxonomy.parse(SHIPPED)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("spacing_m = 4.0", "", "field category.0.spacing_m: Field required"),
        ("spacing_m = 4.0", "spacing = 4.0", "field category.0.spacing"),
        ("life_h = 12.0", "life_h = 0", "field category.0.life_h"),
        ('kind = "event"', 'kind = "thing"', "field category.0.kind"),
        ('labels = ["litter"]', 'labels = ["liter"]', "category litter: labels ['liter'] are not among"),
        ('key = "illegal_ad"', 'key = "litter"', "category litter stands twice"),
        ("[[category]]", "[[categories]]", "field category: Field required"),
        ("labels = [", "labels = [,", "line 4"),
    ],
    ids=["missing", "misspelt", "out of bounds", "no kind", "unknown label", "twice", "no category", "no TOML"],
)
def test_a_mistake_is_named(before: str, after: str, says: str) -> None:
    many = -1 if before == "[[category]]" else 1
    with pytest.raises(ValueError, match=r"\w+") as refused:
        Taxonomy.parse(SHIPPED.replace(before, after, many))
    assert says in str(refused.value)
