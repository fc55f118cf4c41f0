"""What the marks say, read by other programs than ours."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facefusion.errors import InvalidInput, UsageError
from facefusion.provenance import AigcMark, EditKind, Marks, xmp
from facefusion.provenance.terms import VOCABULARY, term_of

WHEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
TC260 = "{http://www.tc260.org.cn/ns/AIGC/1.0/}"


def marks(*kinds: EditKind, producer: str = "FaceFusion", produce_id: str = "job-1") -> Marks:
    return Marks.of(set(kinds) or {"mesh"}, created=WHEN, produce_id=produce_id, version="1.2.3", producer=producer)


@pytest.mark.parametrize(
    ("kinds", "term"),
    [
        (("mesh",), "compositeSynthetic"),
        (("mesh", "enhance"), "compositeSynthetic"),
        (("trained",), "compositeWithTrainedAlgorithmicMedia"),
        (("mesh", "trained", "matte", "enhance"), "compositeWithTrainedAlgorithmicMedia"),
        (("enhance",), "algorithmicallyEnhanced"),
        (("matte",), "composite"),
        (("matte", "enhance"), "composite"),
    ],
)
def test_the_term_follows_from_what_was_done(kinds: tuple[EditKind, ...], term: str) -> None:
    made = marks(*kinds)
    assert made.digital_source_type == f"http://cv.iptc.org/newscodes/digitalsourcetype/{term}"
    root = ET.fromstring(made.xmp())
    assert [e.text for e in root.iter(f"{IPTC}DigitalSourceType")] == [made.digital_source_type]
    assert made.container_tags()["digital_source_type"] == made.digital_source_type


def test_unknown_and_no_kinds_are_refused() -> None:
    for kinds in (set(), {"magic"}):
        with pytest.raises(UsageError, match="trained, mesh, matte, enhance"):
            Marks.of(kinds, created=WHEN, produce_id="1", version="1")


def test_packet_is_wrapped_and_complete() -> None:
    packet = marks().xmp()
    assert packet.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'.encode())
    assert packet.endswith(b'<?xpacket end="w"?>')
    root = ET.fromstring(packet)
    assert root.tag == "{adobe:ns:meta/}xmpmeta"
    tools = [e.text for e in root.iter("{http://ns.adobe.com/xap/1.0/}CreatorTool")]
    dates = [e.text for e in root.iter("{http://ns.adobe.com/xap/1.0/}CreateDate")]
    (text,) = (e.text for e in root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"))
    assert (tools, dates) == (["FaceFusion 1.2.3"], ["2026-03-04T05:06:07Z"])
    assert text is not None
    assert text.startswith("AI-generated")


def test_aigc_is_the_json_of_the_standard() -> None:
    fields = ["Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID",
              "ReservedCode2"]  # fmt: skip
    inside = [e.text for e in ET.fromstring(marks().xmp()).iter(f"{TC260}AIGC")]
    for text in (marks().container_tags()["AIGC"], *inside):
        assert text is not None
        values = json.loads(text)
        assert list(values) == fields
        assert all(isinstance(value, str) for value in values.values())
        assert (values["Label"], values["ContentProducer"], values["ProduceID"]) == ("1", "FaceFusion", "job-1")
    assert len(inside) == 1


def test_same_marks_same_bytes_and_time_is_given() -> None:
    assert marks().xmp() == marks().xmp()
    elsewhere = Marks.of(
        {"mesh"}, created=WHEN.astimezone(timezone(timedelta(hours=9))), produce_id="job-1", version="1.2.3"
    )
    assert elsewhere.xmp() == marks().xmp()
    with pytest.raises(ValueError, match="zone"):
        Marks.of({"mesh"}, created=datetime(2026, 1, 1), produce_id="1", version="1")


@given(producer=st.text(max_size=60), produce_id=st.text(max_size=60))
def test_any_text_gives_a_well_formed_packet(producer: str, produce_id: str) -> None:
    made = marks(producer=producer, produce_id=produce_id)
    (text,) = (e.text for e in ET.fromstring(made.xmp()).iter(f"{TC260}AIGC"))
    assert text is not None
    assert AigcMark.parse(text) == made.aigc
    assert "\x00" not in "".join(made.container_tags().values())


def test_hostile_text_stays_text() -> None:
    made = marks(producer='</TC260:AIGC><x a="&b">]]>')
    found = xmp.parse_packet(made.xmp())
    assert AigcMark.parse(found[xmp.AIGC]).content_producer == '</TC260:AIGC><x a="&b">]]>'


@pytest.mark.parametrize("text", [
    "", "{", "[]", "3", '{"Label":"4"}', '{"Label":1.5}', "{}", '{"Label":"1","ProduceID":[]}', "[" * 100_000,
])  # fmt: skip
def test_broken_aigc_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="AIGC"):
        AigcMark.parse(text)


def test_aigc_of_other_tools_is_read() -> None:
    assert AigcMark.parse('{"Label":2,"ContentProducer":"x"}').label == "2"


@pytest.mark.parametrize("packet", [
    b"", b"<a", b"<a/>", b"\xff\xfe\x00", b"x" * (5 << 20),
    b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
])  # fmt: skip
def test_broken_packets_are_refused(packet: bytes) -> None:
    with pytest.raises(InvalidInput, match="XMP"):
        xmp.parse_packet(packet)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_packet_parser(packet: bytes) -> None:
    try:
        xmp.parse_packet(packet)
    except InvalidInput:
        return


def test_a_document_type_is_refused_whatever_else_is_there() -> None:
    packet = marks().xmp().replace(b"<x:xmpmeta", b'<!DOCTYPE x [<!ENTITY y "z">]>\n<x:xmpmeta', 1)
    for hidden in (packet, packet.replace(b'<!ENTITY y "z">', b""), packet.decode().encode("utf-16")):
        with pytest.raises(InvalidInput):
            xmp.parse_packet(hidden)


def test_properties_stored_as_attributes_are_read() -> None:
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:q="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" q:DigitalSourceType="u"/>'
        "</rdf:RDF></x:xmpmeta>"
    )
    assert xmp.parse_packet(packet.encode())[xmp.DIGITAL_SOURCE_TYPE] == "u"


def test_terms() -> None:
    assert term_of(VOCABULARY + "composite") == "composite"
    assert term_of("https://cv.iptc.org/newscodes/digitalsourcetype/composite") == "composite"
    assert term_of(VOCABULARY + "nonsense") is None
    assert term_of("composite") is None


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "xmp"])
def test_exiftool_reads_it(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"é out.{suffix}"
    made = marks(producer="Studio <&> 工作室")
    if suffix == "xmp":
        path.write_bytes(made.xmp())
    else:
        path.write_bytes(with_xmp(suffix, made.xmp()))
    told = subprocess.run(["exiftool", "-j", "-G1", "-u", str(path)], capture_output=True, check=True).stdout
    (values,) = json.loads(told)
    assert values["XMP-iptcExt:DigitalSourceType"] == made.digital_source_type
    assert values["XMP-xmp:CreatorTool"] == "FaceFusion 1.2.3"
    assert values["XMP-dc:Description"].startswith("AI-generated")
    (aigc,) = (value for key, value in values.items() if key.lower().endswith(":aigc"))
    assert (aigc if isinstance(aigc, dict) else json.loads(aigc))["ContentProducer"] == "Studio <&> 工作室"
    checked = subprocess.run(["exiftool", "-validate", "-warning", "-a", str(path)], capture_output=True, check=True)
    assert b"XMP" not in checked.stdout


def with_xmp(suffix: str, packet: bytes) -> bytes:
    """A picture file written by Pillow with `packet` inside."""
    from PIL.PngImagePlugin import PngInfo
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    picture = Image.fromarray(np.random.default_rng(3).integers(0, 256, (20, 30, 3), dtype=np.uint8))
    data = io.BytesIO()
    if suffix == "png":
        chunks = PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", packet.decode())
        picture.save(data, "PNG", pnginfo=chunks)
    elif suffix == "tif":
        tags = ImageFileDirectory_v2()
        tags.tagtype[700] = 1
        tags[700] = packet
        picture.save(data, "TIFF", tiffinfo=tags)
    else:
        picture.save(data, {"jpg": "JPEG", "webp": "WEBP"}[suffix], xmp=packet)
    return data.getvalue()


def test_settings_and_terms_load_no_heavy_library() -> None:
    """They make the command line's flags, and `--help` has half a second."""
    code = (
        "import sys, facefusion.provenance.settings, facefusion.provenance.terms, facefusion.provenance;"
        "print(sorted({'cv2', 'PIL', 'av', 'onnxruntime'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert told.stdout.strip() == "[]"
