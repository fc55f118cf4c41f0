"""XMP packets (ISO 16684-1): written by the standard library's XML, so that every text is escaped."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

from facefusion.errors import InvalidInput

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP_META = "adobe:ns:meta/"
DC = "http://purl.org/dc/elements/1.1/"
XMP_BASIC = "http://ns.adobe.com/xap/1.0/"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"

PREFIXES = {
    "x": XMP_META,
    "rdf": RDF,
    "dc": DC,
    "xmp": XMP_BASIC,
    "Iptc4xmpExt": IPTC_EXT,
    "TC260": TC260,
}
LARGEST_PACKET = 4 << 20
"""Bytes; a packet beyond this is not read."""

_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END = '\n<?xpacket end="w"?>'
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class Name:
    """A property: namespace and local name."""

    namespace: str
    local: str

    @property
    def tag(self) -> str:
        return f"{{{self.namespace}}}{self.local}"


DIGITAL_SOURCE_TYPE = Name(IPTC_EXT, "DigitalSourceType")
AI_SYSTEM = Name(IPTC_EXT, "AISystemUsed")
AI_SYSTEM_VERSION = Name(IPTC_EXT, "AISystemVersionUsed")
CREATOR_TOOL = Name(XMP_BASIC, "CreatorTool")
CREATE_DATE = Name(XMP_BASIC, "CreateDate")
DESCRIPTION = Name(DC, "description")
AIGC = Name(TC260, "AIGC")


def write_packet(properties: Mapping[Name, str]) -> bytes:
    """UTF-8 packet with one simple property each; `dc:description` as the language alternative it has to be."""
    for prefix, uri in PREFIXES.items():
        ET.register_namespace(prefix, uri)
    root = ET.Element(f"{{{XMP_META}}}xmpmeta")
    about = ET.SubElement(ET.SubElement(root, f"{{{RDF}}}RDF"), f"{{{RDF}}}Description", {f"{{{RDF}}}about": ""})
    for name, text in properties.items():
        holder = ET.SubElement(about, name.tag)
        if name == DESCRIPTION:
            holder = ET.SubElement(ET.SubElement(holder, f"{{{RDF}}}Alt"), f"{{{RDF}}}li", {_XML_LANG: "x-default"})
        holder.text = text
    ET.indent(root)
    return (_BEGIN + ET.tostring(root, encoding="unicode") + _END).encode()


def parse_packet(packet: bytes) -> dict[Name, str]:
    """The simple properties of a packet, whether stored as elements or as attributes, and first list items.

    Raises InvalidInput when it is not well-formed UTF-8, holds a document type (which could expand without end), is
    larger than `LARGEST_PACKET`, or holds no RDF.
    """
    if len(packet) > LARGEST_PACKET:
        raise InvalidInput(f"XMP: got {len(packet)} bytes, supported are {LARGEST_PACKET}")
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        raise InvalidInput("XMP: holds a document type, which no XMP writer puts there; not read")
    try:
        root = ET.fromstring(packet.decode().strip("\x00\ufeff \r\n\t"))
    except (ET.ParseError, ValueError) as error:
        raise InvalidInput(f"XMP: not well-formed ({error})") from error
    descriptions = list(root.iter(f"{{{RDF}}}Description"))
    if not descriptions:
        raise InvalidInput("XMP: holds no rdf:Description")
    found: dict[Name, str] = {}
    for description in descriptions:
        for tag, value in description.attrib.items():
            found.setdefault(_name(tag), value)
        for child in description:
            found.setdefault(_name(child.tag), _text(child))
    return found


def _name(tag: str) -> Name:
    namespace, _, local = tag.removeprefix("{").rpartition("}")
    return Name(namespace, local)


def _text(element: ET.Element) -> str:
    if resource := element.get(f"{{{RDF}}}resource"):
        return resource
    items = element.findall(f".//{{{RDF}}}li")
    return ((items[0] if items else element).text or "").strip()
