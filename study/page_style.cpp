#include "study/page.h"

namespace weir {

// Colours are variables (palette.h), so that one sheet serves light, dark and the figures inside.
std::string_view page_style() {
  return R"(*{box-sizing:border-box}
html{background:var(--surface);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1136px;padding:clamp(20px,5vw,64px) clamp(16px,4vw,40px);
 font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1,h2,p,dl,ol,ul,figure{margin:0;padding:0}
h1{font-size:clamp(1.9rem,4.6vw,3rem);line-height:1.08;letter-spacing:-.022em;font-weight:680;
 max-width:22ch;text-wrap:balance}
h2{font-size:1.5rem;line-height:1.2;letter-spacing:-.012em;font-weight:660;margin:0 0 .5rem}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.18em}
a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:2px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em}
.kicker{color:var(--accent);font-weight:620;font-size:.82rem;letter-spacing:.09em;text-transform:uppercase;
 margin-bottom:.9rem}
.lead{font-size:1.16rem;line-height:1.5;color:var(--muted);max-width:68ch;margin-top:1.1rem}
.notice{margin-top:1.5rem;padding:.75rem 1rem;border-left:4px solid var(--fair);background:var(--raised);
 max-width:76ch}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:0 28px;margin-top:2.2rem}
.facts div{border-top:1px solid var(--rule);padding:.65rem 0 1rem}
dt{color:var(--muted);font-size:.8rem;line-height:1.4}
dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.facts dd{font-size:1.05rem;font-weight:560}
nav{border-top:1px solid var(--rule);border-bottom:1px solid var(--rule);margin:.8rem 0 0;padding:.7rem 0}
nav ol{display:flex;flex-wrap:wrap;gap:.25rem 1.35rem;list-style:none;font-size:.92rem}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
section{margin-top:clamp(2.6rem,6vw,4.4rem)}
.introduction{max-width:72ch;color:var(--muted);margin-bottom:1.2rem}
.counters{display:flex;flex-wrap:wrap;gap:.4rem 1.8rem;list-style:none;margin:.2rem 0 1.2rem;
 color:var(--muted)}
.counters b{font-size:1.55rem;font-weight:680;font-variant-numeric:tabular-nums;margin-right:.2rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,310px),1fr));gap:16px;
 list-style:none}
.cards li{background:var(--raised);border-top:3px solid var(--state);border-radius:3px;
 padding:.9rem 1.05rem 1rem;break-inside:avoid}
.holds{--state:var(--good)}.fails{--state:var(--poor)}.undecided{--state:var(--fair)}
 .open{--state:var(--muted)}
.counters li b{color:var(--state)}
.state{display:flex;align-items:center;gap:.45rem;color:var(--state);font-weight:640;font-size:.9rem}
.glyph{display:inline-grid;place-items:center;width:1.25rem;height:1.25rem;border-radius:50%;
 background:var(--state);color:var(--surface);font-size:.78rem;line-height:1}
.id{margin-left:auto;color:var(--muted);font-weight:500;font-size:.82rem;font-variant-numeric:tabular-nums}
.statement{margin-top:.55rem;line-height:1.42}
.ours{margin-top:.5rem;font-variant-numeric:tabular-nums;font-size:.92rem;font-weight:500;line-height:1.45}
.rule{margin-top:.6rem;color:var(--muted);font-size:.84rem;line-height:1.4}
.cases{overflow-x:auto;margin-top:.55rem}
.cases table{display:table;font-size:.8rem;line-height:1.35}
.cases thead{display:table-header-group;position:static;width:auto;height:auto;clip-path:none}
.cases tbody{display:table-row-group}.cases tr{display:table-row;border:0}
.cases th,.cases td{display:table-cell;padding:.24rem 0 .24rem 10px;text-align:right;white-space:nowrap;
 vertical-align:baseline;border-bottom:1px solid var(--grid)}
.cases th{font-size:inherit;font-weight:500}
.cases td:first-child{width:1.1rem;padding-left:0}
.cases th:nth-child(2){padding-left:7px;text-align:left;white-space:normal}
.cases tbody th{color:var(--ink)}
.cases td::before{content:none}
.cases .glyph{width:1.1rem;height:1.1rem;font-size:.7rem}
.evidence{margin-top:.35rem;color:var(--muted);font-size:.84rem;line-height:1.4}
details{margin-top:1.2rem}
summary{cursor:pointer;color:var(--accent);font-size:.94rem}
details ul{list-style:none;margin-top:.6rem;font-size:.92rem;color:var(--muted);max-width:92ch}
details li{padding:.3rem 0;border-top:1px solid var(--grid)}
details .id{margin:0 .5rem 0 0;color:var(--ink)}
figure{margin-top:1.7rem}
figcaption{font-weight:560;margin-bottom:.7rem;max-width:84ch;line-height:1.4}
.label{color:var(--accent);font-weight:660;margin-right:.35rem;white-space:nowrap}
.reduced{display:block;color:var(--fair);font-weight:620;font-size:.88rem;margin-top:.2rem}
.note{color:var(--muted);font-size:.88rem;line-height:1.5;margin-top:.7rem;max-width:92ch}
.absent{color:var(--muted);font-style:italic}
table{border-collapse:collapse;width:100%;font-size:.94rem;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:600;font-size:.82rem;color:var(--muted);padding:0 18px .45rem 0;
 vertical-align:bottom;border-bottom:1.5px solid var(--rule)}
td{padding:.6rem 18px .65rem 0;vertical-align:top;border-bottom:1px solid var(--grid)}
th:last-child,td:last-child{padding-right:0}
td.comparison{min-width:128px}
td b{display:block;font-size:1.06rem;font-weight:640;line-height:1.3}
td span{display:block;font-size:.8rem;line-height:1.4;color:var(--muted)}
.forest{display:block;width:120px;height:14px;margin:.15rem 0 .1rem -2px;overflow:visible}
.axis{stroke:var(--grid);stroke-width:1.2}
.bar{stroke:var(--accent);stroke-width:3;stroke-linecap:round;opacity:.45}
.forest .ours{fill:var(--accent)}
.theirs{fill:var(--surface);stroke:var(--fair);stroke-width:1.5}
td .verdict{font-weight:620}
td .agrees{color:var(--good)}td .near{color:var(--fair)}td .differs{color:var(--poor)}
td .agrees::before{content:"✓ "}td .near::before{content:"≈ "}td .differs::before{content:"✕ "}
td .indicative{color:var(--fair)}
.compact td{padding-top:.28rem;padding-bottom:.28rem}
.compact td b,.compact td span{display:inline;font-size:.94rem;margin-right:.7rem}
.compact td b{font-weight:560}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;list-style:none;font-size:.9rem;margin-bottom:.5rem}
.legend li{display:flex;align-items:center;gap:.45rem}
.swatch{width:22px;border-top:3px solid var(--swatch)}
.swatch.dashed{border-top-style:dashed}
.key-ours,.key-theirs{display:inline-block;width:.62em;height:.62em;border-radius:50%;
 background:var(--accent)}
.key-theirs{border-radius:0;transform:rotate(45deg);background:none;border:1.5px solid var(--fair)}
.panels{display:grid;gap:12px 20px;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr))}
.panels svg{width:100%;height:auto;display:block}
.wide{overflow-x:auto;-webkit-overflow-scrolling:touch}
.wide svg{width:100%;min-width:var(--least,640px);height:auto;display:block}
.ledger{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:0 32px}
.ledger div{display:grid;grid-template-columns:10.5rem 1fr;gap:12px;border-top:1px solid var(--grid);
 padding:.42rem 0;font-size:.93rem}
pre{background:var(--raised);padding:1rem 1.1rem;border-radius:3px;overflow-x:auto;line-height:1.5;
 white-space:pre-wrap;overflow-wrap:anywhere}
.footnotes{padding-left:1.3rem;max-width:92ch;font-size:.93rem}
.footnotes li{padding:.28rem 0}
.footnotes b{font-weight:600}
@media (max-width:700px){
 table,tbody,tr,td{display:block}
 thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
 tr{border-top:1.5px solid var(--rule);padding:.55rem 0}
 td,td.comparison{display:grid;grid-template-columns:minmax(0,8.2rem) 1fr;column-gap:12px;border:0;
 padding:.28rem 0}
 td::before{content:attr(data-label);color:var(--muted);font-size:.82rem;padding-top:.18rem}
 td.comparison>*{grid-column:2}
 td.comparison::before{grid-row:1/span 4}
 .compact td{display:block}.compact td::before{margin-right:.7rem}
 .ledger div{grid-template-columns:8.2rem 1fr}
}
@media print{
 @page{size:A4;margin:14mm 13mm}
 :root{color-scheme:light}
 html{background:#fff}
 body{max-width:none;padding:0;font-size:10pt}
 nav{display:none}
 section{margin-top:1.4rem}
 h2,figcaption{break-after:avoid}
 tr,.cards li,.panels svg,.wide svg,.ledger div{break-inside:avoid}
 .panels{grid-template-columns:repeat(3,1fr)}
 .cards{grid-template-columns:repeat(2,1fr);gap:8px}
 .wide,.cases{overflow:visible}.wide svg{min-width:0}
 pre,.cards li,.notice,.glyph,.key-ours,.swatch{-webkit-print-color-adjust:exact;print-color-adjust:exact}
 details>*{display:revert}
}
)";
}

}  // namespace weir
