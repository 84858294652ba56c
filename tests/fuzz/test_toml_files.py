from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from objectives.domains import domain_from_toml, domain_to_json
from objectives.question.choices import check_batches, choose_factors
from objectives.question.scales import load_scale, scale_names, scaled_catalogue
from studies.cli.groundtruth.build import BuildCommand, protocol_changes
from studies.config.settings import StudySettings
from tests.fuzz.inputs import TOKENS, VALUES, mistaken_text, mistaken_values, text_files
from tests.fuzz.running import fuzz, works_or_is_refused
from wsnas.spaces import space_names
from wsnas.standalone.protocol import StandaloneProtocol, space_protocol

SPACES = st.sampled_from(space_names())
SCALES = st.sampled_from(scale_names())


def domains(space: str, scale: str, tables: bool) -> str:
    """Return a right file of domains, with short or long forms."""
    lines = []
    for factor in scaled_catalogue(space, load_scale(scale, space)):
        domain = domain_to_json(factor.domain)
        text = json.dumps(domain)
        if isinstance(domain, dict):
            text = "{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in domain.items()) + " }"
        if tables:
            text = f"{{ domain = {text}, default = {json.dumps(factor.default)} }}"
        lines.append(f"{factor.name} = {text}")
    return "\n".join(lines) + "\n"


def fixes() -> Any:
    """Draw nearly right values of ``--fix``."""
    names = [factor.name for factor in scaled_catalogue("nb201", load_scale("mini"))]
    values = st.sampled_from(TOKENS) | st.sampled_from(("on", "off", "12", "0.05", "cosine")) | st.text()
    pairs = st.builds("{}={}".format, st.sampled_from(names), values)
    return st.lists(pairs | mistaken_text(pairs, most=1), min_size=1, max_size=3)


def protocols() -> Any:
    """Draw right settings of a protocol, as they are written."""
    lines = [f"{name}={json.dumps(value)}" for name, value in StandaloneProtocol().values().items()]
    return st.sampled_from(lines)


@fuzz(st.tuples(SPACES, text_files(st.builds(domains, SPACES, SCALES, st.booleans()))), quick=60, slow=700)
def test_a_file_of_domains_is_read_or_refused(drawn: tuple[str, bytes], folder: Path) -> None:
    space, content = drawn
    file = folder / "domains.toml"
    file.write_bytes(content)
    with works_or_is_refused():
        factors = choose_factors(space=space, scale=load_scale("mini", space), domains=file)
        check_batches(factors, 10_000)
        settings = StudySettings(
            space=space, scale="mini", data="fashion", table="x", table_sha256="", seed=0, factors=factors
        )
        json.dumps(settings.fingerprint())
        for factor in factors:
            assert factor.domain.contains(factor.default)
            assert factor.domain.contains(factor.domain.at(0.3))


@fuzz(fixes(), quick=60, slow=600)
def test_a_factor_is_held_or_refused(fixed: list[str], folder: Path) -> None:
    with works_or_is_refused():
        factors = choose_factors(space="nb201", scale=load_scale("mini"), fixed=fixed)
        check_batches(factors, 10_000)
        for factor in factors:
            assert factor.domain.contains(factor.default)


@fuzz(
    mistaken_values(
        st.sampled_from(
            (
                [1, 2, 4],
                [False, True],
                ["a", "b"],
                {"low": 1, "high": 4},
                {"low": 0.1, "high": 1, "log": True},
            )
        )
    ),
    quick=60,
    slow=500,
)
def test_a_domain_is_read_and_written_the_same_or_refused(spec: Any, folder: Path) -> None:
    with works_or_is_refused():
        domain = domain_from_toml("x", spec)
        assert domain_from_toml("x", domain_to_json(domain)) == domain
        assert domain.contains(domain.at(0.0))
        assert domain.contains(domain.at(0.7))
        str(domain)


@fuzz(st.lists(mistaken_text(protocols()), min_size=1, max_size=3), quick=60, slow=500)
def test_a_setting_of_a_protocol_is_taken_or_refused(entries: list[str], folder: Path) -> None:
    with works_or_is_refused():
        protocol = space_protocol("darts", protocol_changes(tuple(entries)))
        json.dumps(protocol.values())
        protocol.training()


@fuzz(
    st.dictionaries(st.sampled_from([*StandaloneProtocol().values(), "momentum"]), st.sampled_from(VALUES)),
    quick=40,
    slow=300,
)
def test_a_file_of_a_protocol_is_taken_or_refused(changes: dict[str, Any], folder: Path) -> None:
    with works_or_is_refused():
        protocol = space_protocol("nb201", changes)
        assert StandaloneProtocol(**protocol.values()) == protocol


def test_the_files_of_domains_are_right() -> None:
    for space in space_names():
        for tables in (False, True):
            assert tomllib.loads(domains(space, "mini", tables))
    assert BuildCommand(space="nb201").set == ()
