"""Sidecars as other programs write them, some by hand and any number by Hypothesis."""

from hypothesis import strategies as st

DIGIKAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   xmp:Rating="4">
   <digiKam:TagsList>
    <rdf:Seq>
     <rdf:li>Places/Praha</rdf:li>
    </rdf:Seq>
   </digiKam:TagsList>
   <dc:subject>
    <rdf:Bag>
     <rdf:li>Praha</rdf:li>
     <rdf:li>dog</rdf:li>
    </rdf:Bag>
   </dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""

DARKTABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:darktable="http://darktable.sf.net/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
   darktable:xmp_version="5"
   darktable:history_end="1">
   <lr:hierarchicalSubject>
    <rdf:Seq>
     <rdf:li>darktable|exported</rdf:li>
    </rdf:Seq>
   </lr:hierarchicalSubject>
   <darktable:history>
    <rdf:Seq>
     <rdf:li
      darktable:num="0"
      darktable:operation="exposure"
      darktable:params="0000&gt;"/>
    </rdf:Seq>
   </darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""

ONE_LINE = (
    b"\xef\xbb\xbf<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><!-- mine > -->"
    b"<r:Description r:about='uuid:1' xmlns:d='http://purl.org/dc/elements/1.1/' d:format='a>b'>"
    b"<d:subject><r:Bag><r:li xml:lang='en'>a &amp; b</r:li>"
    b"</r:Bag></d:subject><!-- kept --></r:Description></r:RDF>"
)

BARE = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></r:RDF></x:xmpmeta>'

WRITTEN_BY_HAND = {"digikam": DIGIKAM, "darktable": DARKTABLE, "one line": ONE_LINE, "bare": BARE}

SPACES = st.sampled_from(["", " ", "\n", "\n   ", "\r\n\t"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=8)
LISTS = ("dc:subject", "lr:hierarchicalSubject", "digiKam:TagsList", "foreign:words")
HEAD = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:digiKam="http://www.digikam.org/ns/1.0/" '
    'xmlns:foreign="http://example.org/ns">'
)


def written(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@st.composite
def lists(draw: st.DrawFn, name: str) -> str:
    space, kind = draw(SPACES), draw(st.sampled_from(["Bag", "Seq"]))
    items = draw(st.lists(TEXTS | st.sampled_from(["dog", "cat", "animal|dog", "animal/dog"]), max_size=4))
    lines = "".join(f"{draw(SPACES)}<rdf:li>{written(item)}</rdf:li>" for item in items)
    return f"{space}<{name}>{space}<rdf:{kind}>{lines}{space}</rdf:{kind}>{space}</{name}>"


@st.composite
def sidecars(draw: st.DrawFn) -> bytes:
    """Valid XMP with any of the lists, foreign properties, comments and white space."""
    names = draw(st.lists(st.sampled_from(LISTS), unique=True, max_size=4))
    descriptions: list[str] = []
    for name in names:
        comment = draw(st.sampled_from(["", "<!-- > -->"]))
        rating = draw(st.sampled_from(["", ' foreign:rating="5 > 4"']))
        body = draw(lists(name))
        descriptions.append(f'<rdf:Description rdf:about=""{rating}>{comment}{body}\n</rdf:Description>')
    space = draw(SPACES)
    return (HEAD + "".join(space + one for one in descriptions) + space + "</rdf:RDF>" + draw(SPACES)).encode()
