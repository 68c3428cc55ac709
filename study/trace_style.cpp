#include "study/trace_style.h"

#include <fmt/format.h>

#include "study/palette.h"
#include "study/trace_charts.h"

namespace weir {
namespace {

std::string_view dark_form(std::string_view name) {
  for (const Colour& one : palette())
    if (one.name == name) return one.dark;
  return colour(name);
}

/// --step-0 ... from the ink of the page to orange.
std::string step_variables(Scheme scheme) {
  const auto form = [&](std::string_view name) {
    return scheme == Scheme::light ? colour(name) : dark_form(name);
  };
  std::string css;
  for (int i = 0; i < step_colours; ++i)
    css += fmt::format("--step-{}:{};", i,
                       mixed(form("normal"), form("fgsm"), static_cast<double>(i) / (step_colours - 1)));
  return css;
}

constexpr std::string_view rules = R"(
img{display:block;image-rendering:pixelated}
.before-after{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:clamp(12px,2.4vw,32px);
 margin-top:2rem}
.before-after figure{margin:0;min-width:0}
.before-after figcaption{margin-bottom:.5rem;font-size:1.05rem;font-weight:640}
.before-after img{width:100%;height:auto;border-radius:3px}
.bars{list-style:none;margin-top:.7rem;font-size:.92rem;font-variant-numeric:tabular-nums}
.bars li{display:grid;grid-template-columns:6rem 1fr 6.2rem;gap:.6rem;align-items:center;padding:.1rem 0;
 color:var(--muted)}
.bars .answer{color:var(--ink);font-weight:660}
.track{height:.62rem;background:var(--grid);border-radius:2px;overflow:hidden}
.track i{display:block;height:100%;background:var(--clean)}
.answer .track i{background:var(--fgsm)}
.answer.true .track i{background:var(--normal)}
.share{text-align:right;white-space:nowrap}
.scale{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .7rem;font-size:.88rem;color:var(--muted);
 margin-top:1.2rem}
.scale i{width:140px;height:.8rem;border:1px solid var(--rule);border-radius:2px}
.film{display:grid;grid-template-columns:repeat(auto-fill,minmax(84px,1fr));gap:18px 11px;list-style:none;
 margin-top:1rem}
.film li{min-width:0;break-inside:avoid}
.film img,.blank{width:100%;height:auto;aspect-ratio:1;margin-top:3px;border-radius:2px}
.blank{display:grid;place-items:center;text-align:center;color:var(--muted);background:var(--raised);
 font-size:.74rem}
.film img:nth-child(3){outline:1px solid var(--grid);outline-offset:-1px}
.when{font-size:.82rem;color:var(--muted);font-variant-numeric:tabular-nums}
.says{font-size:.9rem;font-weight:620;line-height:1.25;margin-top:.35rem;padding-top:.25rem;
 border-top:3px solid var(--normal);overflow-wrap:anywhere}
.says span{display:block;font-weight:400;font-size:.82rem;color:var(--muted)}
.fooled .says{border-top:3px dashed var(--fgsm)}
.viewer{display:grid;grid-template-columns:repeat(3,minmax(0,1fr)) minmax(0,.72fr);
 gap:.6rem clamp(8px,2vw,24px);margin:1.2rem 0 1.6rem;padding:1rem clamp(.8rem,2vw,1.4rem);
 background:var(--raised);border-radius:4px}
.viewer[hidden]{display:none}
.viewer figure{margin:0}
.viewer img{width:100%;height:auto;aspect-ratio:1;border-radius:2px;background:#fff}
.viewer figcaption{margin:.35rem 0 0;font-weight:400;font-size:.88rem;color:var(--muted)}
.viewer output{font-size:1.06rem;line-height:1.35;color:var(--muted);font-variant-numeric:tabular-nums;
 white-space:pre-line}
.viewer output::first-line{color:var(--ink);font-weight:640}
.viewer p{grid-column:1/-1;display:flex;flex-wrap:wrap;align-items:center;gap:.4rem 1rem;font-size:.94rem}
.viewer input{flex:1 1 220px;accent-color:var(--accent);min-height:28px}
.pairs svg{display:block;width:min(100%,560px);height:auto}
.pair-list{columns:3 220px;margin-top:.7rem;padding-left:2.2rem;font-size:.9rem;color:var(--muted);
 font-variant-numeric:tabular-nums}
.numbers{overflow-x:auto}
.numbers table{display:table;font-size:.88rem}
.numbers thead{display:table-header-group;position:static;clip-path:none}
.numbers tbody{display:table-row-group}.numbers tr{display:table-row;border:0}
.numbers th,.numbers td{display:table-cell;text-align:right;padding:.28rem 0 .28rem 16px;white-space:nowrap}
.numbers td::before{content:none}
.numbers th{white-space:normal}
.numbers td{border-bottom:1px solid var(--grid)}
.numbers th:nth-child(2),.numbers td:nth-child(2){text-align:left}
.numbers th:first-child,.numbers td:first-child{padding-left:0}
.numbers .fooled td:nth-child(2){color:var(--fgsm);font-weight:640}
.ramp{background:linear-gradient(to right,var(--step-0),var(--step-11))}
.two.panels{grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:28px 48px}
@media (max-width:700px){
 .before-after{grid-template-columns:1fr 1fr}
 .before-after figure:last-child{grid-column:1/-1;display:grid;grid-template-columns:1fr 1fr;gap:0 12px}
 .before-after figure:last-child figcaption{grid-column:1/-1}
 .before-after .note{margin-top:0}
 .viewer{grid-template-columns:repeat(3,minmax(0,1fr))}
 .viewer output{grid-column:1/-1}
 .bars{font-size:.8rem}
 .bars li{grid-template-columns:1fr auto;gap:0 .4rem}
 .bars .track{grid-column:1/-1;grid-row:2}
 .film{grid-template-columns:repeat(auto-fill,minmax(78px,1fr));gap:16px 8px}
}
@media print{
 .before-after{grid-template-columns:repeat(3,minmax(0,1fr))}
 .before-after figure:last-child{grid-column:auto;display:block}
 .viewer{display:none}
 .film{grid-template-columns:repeat(10,1fr);gap:10px 6px}
 .says,.when,.says span{font-size:7pt}
 .before-after figure,.pairs,.numbers tr{break-inside:avoid}
 .numbers{overflow:visible}.numbers table{font-size:7.5pt}
 .numbers th,.numbers td{padding:.15rem 0 .15rem 8px}
 .panels,.two.panels{grid-template-columns:1fr 1fr}
 .track,.track i,.scale i,.blank,.says{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
)";

}  // namespace

std::string trace_style() {
  return fmt::format(":root{{{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}",
                     step_variables(Scheme::light), step_variables(Scheme::dark)) +
         std::string(rules);
}

std::string_view trace_script() {
  return R"(
(() => {
  const frames = [...document.querySelectorAll('#film > li')];
  const slider = document.getElementById('slider'), now = document.getElementById('now');
  const show = () => {
    const frame = frames[slider.value];
    [...frame.children].slice(1, 4).forEach((from, i) => {
      const screen = document.getElementById('screen-' + i);
      screen.style.visibility = from.src ? 'visible' : 'hidden';
      if (from.src) { screen.src = from.src; screen.alt = from.alt; }
    });
    const says = frame.querySelector('.says');
    now.value = says.firstChild.textContent + '\n' + says.lastChild.textContent + '\n' +
      frame.querySelector('.when').textContent;
  };
  slider.max = frames.length - 1;
  slider.addEventListener('input', show);
  document.getElementById('viewer').hidden = false;
  show();
})();
)";
}

}  // namespace weir
