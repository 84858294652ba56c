"""How the page looks: light and dark, on a screen, a phone and paper."""

from __future__ import annotations

_LIGHT = (
    "--ink:#1d1d23;--quiet:#6e6e78;--grid:#e3e3e8;--paper:#fff;--card:#f5f5f8;"
    "--blue:#0072b2;--orange:#c77700;--green:#008a64;--red:#c04308;"
)
_DARK = (
    "--ink:#ececf1;--quiet:#9c9ca8;--grid:#383843;--paper:#17171c;--card:#22222a;"
    "--blue:#58b4ec;--orange:#f0a83c;--green:#3fc79b;--red:#ff8a57;"
)

STYLE = f"""
:root{{color-scheme:light dark;{_LIGHT}}}
@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}
*{{box-sizing:border-box}}
body{{margin:0 auto;max-width:72rem;padding:1.2rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}}
h1{{font-size:1.5rem;line-height:1.25;margin:0;overflow-wrap:anywhere}}
h2{{font-size:1.2rem;margin:2.4rem 0 .6rem;padding-top:.5rem;border-top:1px solid var(--grid)}}
h3{{font-size:1rem;margin:1.2rem 0 .4rem}}
p{{margin:.5rem 0;max-width:62rem}} .quiet,figcaption,dt{{color:var(--quiet)}}
.answer{{background:var(--card);border-left:.35rem solid var(--blue);border-radius:.3rem;
padding:.5rem 1.1rem;margin:.8rem 0}} .answer p{{max-width:none}}
.answer strong{{font-size:1.12rem;font-weight:600}}
nav ul{{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;list-style:none;margin:.3rem 0;padding:0;
font-size:.92rem}}
.links span{{margin-right:1.4rem}} .links code{{overflow-wrap:anywhere}}
.links{{font-size:.92rem;max-width:none}}
.lead{{display:grid;grid-template-columns:1fr 1fr;gap:0 2rem}} .lead figure{{margin:.6rem 0}}
.lead h2{{margin:0 0 .3rem;padding:0;border:0;font-size:1.05rem}} .lead figcaption{{color:var(--ink)}}
.pair{{display:grid;grid-template-columns:1fr 1fr;gap:0 2rem}}
:focus-visible{{outline:.15rem solid var(--blue);outline-offset:.1rem}}
.scroll{{overflow-x:auto}}
table{{border-collapse:collapse;width:100%;font-size:.92rem}}
th{{text-align:left;color:var(--quiet);font-weight:500;white-space:nowrap}}
th,td{{padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--grid);vertical-align:top}}
td{{font-variant-numeric:tabular-nums}} .numbers td+td,.numbers th+th{{text-align:right}}
.numbers td{{white-space:nowrap}} .nowrap{{white-space:nowrap}}
.changed td{{font-weight:600}} .dim td{{color:var(--quiet)}} .aside{{font-weight:400;color:var(--quiet)}}
pre{{background:var(--card);padding:.8rem;border-radius:.3rem;overflow-x:auto;font-size:.85rem;line-height:1.4}}
code,.code{{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88em}}
td .code{{overflow-wrap:anywhere}}
figure{{margin:1.6rem 0}} figure h3{{margin:0 0 .3rem}} figcaption{{font-size:.92rem;margin-top:.3rem}}
.source{{font-size:.8rem;color:var(--quiet);overflow-wrap:anywhere}}
svg{{display:block;width:100%;max-width:42rem;height:auto}} .wide svg{{max-width:none}}
svg text{{font-family:system-ui,Arial,sans-serif}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1rem;font-size:.92rem}}
dd{{margin:0;overflow-wrap:anywhere}} summary{{cursor:pointer;color:var(--blue);padding:.4rem 0}}
a{{color:var(--blue)}}
@media (max-width:56rem){{.lead,.pair{{grid-template-columns:1fr}}}}
@media (max-width:40rem){{body{{padding:.8rem}} .wide svg{{min-width:32rem}}
dl{{grid-template-columns:1fr;gap:0}} dd{{margin-bottom:.5rem}} th,td{{padding-right:.6rem}}
.cards thead,.cards td:empty{{display:none}} .cards tr,.cards td{{display:block}}
.cards tr{{border-bottom:1px solid var(--grid);padding:.4rem 0}} .cards td{{border:0;padding:0}}
.cards td:first-child{{font-weight:600}} .cards td+td[data-label]::before{{content:attr(data-label) ": ";
color:var(--quiet);font-weight:400}}}}
@media print{{:root{{{_LIGHT}}} body{{max-width:none;padding:0;font-size:10pt}}
svg{{max-width:12.5cm;max-height:17cm}} .wide svg{{max-width:15cm;max-height:20cm}}
figure,tr,pre,.answer{{break-inside:avoid}} h2{{break-after:avoid}} .scroll,pre{{overflow:visible}}
pre{{white-space:pre-wrap}}}}
"""
