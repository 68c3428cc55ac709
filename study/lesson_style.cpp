#include "study/lesson_script.h"

namespace weir {

std::string_view lesson_style() {
  return R"(
canvas{display:block;width:100%;height:auto;aspect-ratio:1;image-rendering:pixelated;border-radius:3px;
 background:#fff}
.workbench{background:var(--raised);border-radius:4px;padding:clamp(.8rem,2vw,1.4rem);margin:1.2rem 0 2rem}
.workbench[hidden]{display:none}
.workbench figure{margin:0;min-width:0}
.workbench figcaption{font-weight:400;font-size:.88rem;color:var(--muted);margin:.35rem 0 0}
.choices{display:flex;flex-wrap:wrap;gap:.4rem;margin-bottom:.6rem}
.choices button{font:inherit;font-size:.94rem;padding:.35rem .8rem;min-height:40px;border-radius:3px;cursor:pointer;
 border:1px solid var(--rule);background:var(--surface);color:var(--ink)}
.choices button[aria-pressed=true]{border-color:var(--accent);color:var(--accent);font-weight:640;
 box-shadow:inset 0 -2px 0 var(--accent)}
.choices button:focus-visible,.workbench input:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.choices label{display:inline-flex;align-items:center;gap:.35rem;min-height:40px;margin-right:.7rem;font-size:.94rem}
.slide{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem 1rem;margin:.3rem 0 1rem;font-size:.94rem}
.slide input{flex:1 1 220px;accent-color:var(--accent);min-height:32px}
.slide output,.readout{color:var(--muted);font-variant-numeric:tabular-nums;flex:1 1 100%}
.stage{display:grid;grid-template-columns:repeat(3,minmax(0,1fr)) minmax(0,1.35fr);gap:.8rem clamp(8px,2vw,24px)}
.stage .bars{margin:0;font-size:.86rem}
.stage .bars li{grid-template-columns:5.4rem 1fr 6.3rem;padding:.04rem 0}
.share small{display:inline-block;min-width:3.6rem;color:var(--muted)}
.views{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1.25fr) minmax(0,1.25fr);
 gap:.8rem clamp(8px,2vw,24px);margin-top:1.2rem}
.plane{position:relative}
.plane svg{position:absolute;inset:0;width:100%;height:100%}
.views>figure>svg{width:100%;height:auto;display:block}
.views text{font-size:11px;fill:var(--muted)}
#paint{cursor:crosshair;touch-action:none}
.glance{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:26px 28px}
.glance figure{margin:0}
.glance .pair{display:grid;grid-template-columns:1fr 1fr 1fr;gap:8px}
.glance img{width:100%;height:auto;border-radius:2px}
.read-on{padding-left:1.2rem;max-width:84ch}
.read-on li{padding:.2rem 0}
@media (max-width:700px){
 .stage{grid-template-columns:repeat(3,minmax(0,1fr))}
 .stage .bars,.stage .readout{grid-column:1/-1}
 .stage .bars li{grid-template-columns:5.4rem 1fr 6.3rem}
 .stage .bars .track{grid-column:auto;grid-row:auto}
 .views{grid-template-columns:1fr}
}
@media print{.workbench{display:none}}
)";
}

}  // namespace weir
