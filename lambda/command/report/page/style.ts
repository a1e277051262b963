/** The look of the page, for screens light and dark, narrow and wide, and for paper. */

export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--soft:#f6f5f2;--line:#dfdcd5;--text:#1d1f23;--dim:#595e66;--link:#1b4e91;
--pass:#2c6e4e;--degraded:#8a5a00;--fail:#b3261e;--undetermined:#65489c;--unchecked:#686d75;--seen:#3d6690;--valid:#c3d0de;
--tint-fail:#fcf1ef;--tint-degraded:#fbf5e9;--tint-pass:#eff6f2;--tint-undetermined:#f4f1fa;--on:#fff;
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
@media (prefers-color-scheme:dark){:root{--bg:#15171a;--soft:#1d2024;--line:#363b42;--text:#e7e5e0;--dim:#a6abb3;--link:#8fb9f2;
--pass:#74c39a;--degraded:#e2b456;--fail:#ff8d82;--undetermined:#c0a9ef;--unchecked:#9ba1a9;--seen:#7fa9d6;--valid:#39485a;
--tint-fail:#2a1c1b;--tint-degraded:#292316;--tint-pass:#17241d;--tint-undetermined:#221d2d;--on:#15171a}}
*{box-sizing:border-box}
html{scroll-padding-top:3.5rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--text);overflow-wrap:anywhere}
main,footer{max-width:76rem;margin:0 auto;padding:0 1.25rem}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
nav{position:sticky;top:0;z-index:2;display:flex;gap:.25rem 1.25rem;overflow-x:auto;padding:.55rem max(1.25rem,calc(50vw - 36.75rem));background:var(--bg);border-bottom:1px solid var(--line);font-size:.875rem}
nav a{color:var(--dim);text-decoration:none;padding:.15rem 0;white-space:nowrap}
nav a:hover{color:var(--text);text-decoration:underline;text-underline-offset:.3em}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;z-index:3;background:var(--bg);padding:.3rem .6rem}
section{padding:3.5rem 0 0}
h1{display:flex;gap:.9rem;align-items:flex-start;font-size:clamp(1.35rem,1.05rem + 1.3vw,1.95rem);line-height:1.25;font-weight:650;letter-spacing:-.015em;margin:.35rem 0 .75rem;text-wrap:balance;max-width:62rem}
h1 .i{width:.92em;height:.92em;margin-top:.13em}
h2{font-size:1.45rem;line-height:1.25;font-weight:650;letter-spacing:-.01em;margin:0 0 1rem}
h3{font-size:1rem;line-height:1.4;margin:1.75rem 0 .5rem}
p{margin:.4rem 0}small{font-size:.8125rem;color:var(--dim)}.dim,.none,.lead,.asof,.where{color:var(--dim)}
.lead{max-width:46rem;margin-bottom:1rem}.lead b{color:var(--text)}
.where{font-size:.875rem;margin:0}.now{padding-top:2rem}
time{white-space:nowrap}
code{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.i{width:.95em;height:.95em;flex:none;vertical-align:-.1em;margin-right:.45em}h1 .i,h3 .i{margin-right:0}
.pass{fill:var(--pass)}.degraded{fill:var(--degraded)}.fail{fill:var(--fail)}.undetermined{fill:var(--undetermined)}.unchecked{fill:var(--unchecked)}
.i,use,rect{stroke:none}
.on{fill:none;stroke:var(--on);stroke-width:1.9;stroke-linecap:round;stroke-linejoin:round}
.i.undetermined .out,.out{fill:none}.i .out{stroke-width:1.8}
.i.undetermined{stroke:var(--undetermined)}.i.unchecked{stroke:var(--unchecked)}
.defs{position:absolute;width:0;height:0}.vh{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
svg.bar{display:block;width:100%;border-radius:5px;overflow:hidden}svg.bar.small{min-width:5rem;border-radius:4px}.rest{fill:var(--line)}
.tally{margin:1.75rem 0 2.5rem}.tally ul,.legend,.ends,.groups,.uses{list-style:none;margin:0;padding:0}
.tally ul{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;margin-top:.6rem;font-size:.9375rem;color:var(--dim)}.tally b{color:var(--text)}
.two{display:grid;gap:2.5rem;grid-template-columns:minmax(0,1fr)}
@media (min-width:60rem){.two{grid-template-columns:minmax(0,1fr) 21rem;gap:4rem}}
.two h2{font-size:.8125rem;text-transform:uppercase;letter-spacing:.08em;color:var(--dim);margin:0 0 .75rem}.side h2:not(:first-child){margin-top:2rem}
.card{border:1px solid var(--line);border-left-width:4px;border-radius:6px;padding:1rem 1.25rem;margin:0 0 1rem;max-width:48rem;fill:currentColor}
.card.fail{border-left-color:var(--fail);background:var(--tint-fail)}.card.degraded{border-left-color:var(--degraded);background:var(--tint-degraded)}
.card.undetermined{border-left-color:var(--undetermined);background:var(--tint-undetermined)}.card.muted{border-left-style:dotted;background:none}
.card h3{display:flex;gap:.6rem;margin:0 0 .35rem;font-size:1.0625rem;font-weight:600}.card h3 .i{margin-top:.25em}.card h3 b{display:block;font-size:.8125rem;font-weight:600;color:var(--dim)}
.card .dim{font-size:.875rem}.card .id{font-size:.8125rem;margin-bottom:0}
.caution{border-left:2px solid var(--line);padding-left:.75rem;font-size:.9375rem}
.use{margin:.75rem 0}.use span{display:block;font-size:.8125rem;color:var(--dim);margin-bottom:.2rem}
.use code,.uses code{display:block;background:var(--bg);border:1px solid var(--line);border-radius:5px;padding:.45rem .7rem;white-space:pre-wrap}
.uses li{margin:.6rem 0}summary{cursor:pointer}
.ends li{padding:.5rem 0;border-top:1px solid var(--line)}.ends li:first-child{border:0;padding-top:0}.ends p{margin:.1rem 0 0;font-size:.9375rem}.who,.groups .n{font-weight:500}
.side ul:not(.groups){padding-left:1.1rem}.side,.groups{font-size:.9375rem}
.js{display:none}.on-js .js{display:flex}
form,.zoom{flex-wrap:wrap;gap:.6rem 1rem;align-items:end;margin:0 0 1rem;font-size:.875rem}
label{display:grid;gap:.15rem;color:var(--dim);min-width:0}
input,select,button{font:inherit;color:var(--text);background:var(--bg);border:1px solid #80858d;border-radius:5px;padding:.32rem .6rem;min-height:2.1rem;max-width:100%}
select{max-width:14rem}button{cursor:pointer}button:hover{background:var(--soft)}button[aria-pressed=true]{background:var(--text);color:var(--bg);border-color:var(--text)}
output{color:var(--dim);align-self:end;padding-bottom:.4rem}.zoom{gap:.4rem}.zoom small{flex-basis:100%}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
th,td{text-align:left;vertical-align:baseline;padding:.5rem .85rem .5rem 0;border-top:1px solid var(--line)}
thead th{border:0;font-size:.8125rem;font-weight:600;color:var(--dim);white-space:nowrap}thead button{border:0;padding:.1rem .2rem;margin-left:-.2rem;min-height:0;color:inherit;font-weight:600}
thead [aria-sort] button::after{content:" ↕";opacity:.55}thead [aria-sort=ascending] button::after{content:" ↑";opacity:1}thead [aria-sort=descending] button::after{content:" ↓";opacity:1}
tbody th{font-weight:550}#list{table-layout:fixed}#list thead th{white-space:normal}#list thead button{text-align:left;white-space:normal}
#list thead th:nth-child(1){width:18%}#list thead th:nth-child(2){width:17%}#list thead th:nth-child(3){width:10%}#list thead th:nth-child(4){width:13%}#list thead th:nth-child(5){width:16%}#list thead th:nth-child(6),#list thead th:nth-child(7){width:13%}#list tr>:last-child{padding-right:0}#list td small{white-space:nowrap}#list td:nth-child(2) small{white-space:normal}.num{text-align:right;font-variant-numeric:tabular-nums}tr small{white-space:normal}
#list tbody:hover tr:first-child{background:var(--soft)}#list tr:first-child>*{scroll-margin-top:4rem}
.story{display:none}tbody:has(.open[open]) .story{display:table-row}@supports not selector(:has(a)){.story{display:table-row}}
.story td{border:0;padding:0 0 1.5rem 1.1rem}.story a{font-size:.875rem}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.3rem 1.25rem;margin:0 0 .6rem;padding:.9rem 1.1rem;background:var(--soft);border-radius:6px;font-size:.9375rem}dt{color:var(--dim)}dd{margin:0}
.host{display:block}.host i{font-style:normal;color:var(--dim);display:inline-block;min-width:1.6rem}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.25rem;font-size:.8125rem;color:var(--dim);margin-bottom:1.25rem}.legend li{display:flex;align-items:center;gap:.4rem}
.key{flex:none}
.row,.axis{display:grid;grid-template-columns:17rem minmax(0,1fr);gap:0 1.25rem}.row{border-top:1px solid var(--line)}
details.row{display:block}details.row>summary{display:grid;grid-template-columns:17rem minmax(0,1fr);gap:0 1.25rem;list-style:none}details.row>summary::-webkit-details-marker{display:none}
details.row .label b::before{content:"▸";position:absolute;left:0;color:var(--dim);font-weight:400}details.row[open] .label b::before{content:"▾"}
.label{position:relative;padding:.3rem 0 .3rem 1rem;min-width:0;line-height:1.35}.label b{font-weight:550;font-size:.9375rem;display:block}.label .i{width:.8em;height:.8em}
.row svg.z,.axis svg,.row .what svg{width:100%;display:block;overflow:hidden}.row svg.z{align-self:center}
.row ol{list-style:none;margin:0 0 .75rem;padding:0 0 0 19.25rem;font-size:.875rem}.row li{margin:.15rem 0}.row li b{color:var(--dim);font-weight:400;margin-right:.5rem}
.row:target,.row:target>summary{background:var(--soft)}
#zoom h3{margin-top:1.25rem}.axis{position:sticky;top:2.55rem;z-index:1;background:var(--bg);border-bottom:1px solid var(--line)}
.axis text{font-size:11.5px;fill:var(--dim)}#axis{touch-action:pan-y}.on-js #axis{cursor:crosshair}
#pick{fill:var(--link);opacity:.25}
.z path,.key path{fill:none;vector-effect:non-scaling-stroke}path.pass{stroke:var(--pass);stroke-width:5}path.degraded{stroke:var(--degraded);stroke-width:10}path.fail{stroke:var(--fail);stroke-width:16}
path.undetermined{stroke:var(--undetermined);stroke-width:8;stroke-dasharray:3 2}path.unchecked{stroke:var(--unchecked);stroke-width:2}
path.valid,path.seen{stroke:var(--valid);stroke-width:6}path.seen{stroke:var(--seen)}path.bare{stroke:var(--fail);stroke-width:3}path.dot{stroke:var(--seen);stroke-width:6;stroke-linecap:round}
rect.seen{fill:var(--seen)}.tail{fill-opacity:.4}.cert rect{y:7px;height:6px}
.grid{stroke:var(--line)}.today{stroke:var(--text);stroke-dasharray:2 2}
#hatch .a{stroke:var(--bg);stroke-width:4}#hatch .b{stroke:var(--unchecked);stroke-width:1.2}.gap{fill:url(#hatch)}
use[href="#m-worse"]{fill:var(--fail)}use[href="#m-better"]{fill:var(--pass)}use[href="#m-change"]{fill:var(--dim)}
.z use[href^="#m-"]{stroke:var(--bg);paint-order:stroke;stroke-width:2.5}.z use[href="#m-first"],.z use[href="#m-left"],.key.m use[href="#m-first"]{fill:none;stroke:var(--dim);stroke-width:1.5}
.key.m{fill:var(--text)}
.provider{margin-top:2rem}.provider h3{margin:0}.provider .dim{font-size:.875rem;margin-top:.1rem}.what{padding:.35rem 0;min-width:0}.what small{display:block}
footer{margin-top:4rem;padding-top:1rem;padding-bottom:3rem;font-size:.8125rem;color:var(--dim)}
@media screen{#list,#list tbody{display:block}#list tbody{content-visibility:auto;contain-intrinsic-size:auto 2.75rem;border-top:1px solid var(--line)}#list tbody[hidden]{display:none}
#list tbody td,#list tbody th{border:0}#list .story{display:none}#list tbody:has(.open[open]) .story{display:block}@supports not selector(:has(a)){#list .story{display:block}}}
@media screen and (min-width:60.01rem){#list thead{display:block}#list thead tr,#list tbody tr:first-child{display:grid;grid-template-columns:18fr 16fr 8fr 13fr 15fr 12fr 18fr;align-items:baseline}#list tr>*{min-width:0}#list thead th:nth-child(n){width:auto}#list .story td{display:block}}
@media screen and (max-width:60rem){
#list thead{display:none}.on-js #list thead{display:block}.on-js #list thead tr{display:flex;flex-wrap:wrap;gap:0 .8rem;padding-bottom:.5rem}.on-js #list thead th{padding:.1rem 0;width:auto!important}#list thead button{white-space:nowrap}
#list tr,#list td,#list th{display:block}#list tbody{padding:.6rem 0}#list tbody tr:first-child{display:flex;flex-wrap:wrap;gap:.05rem .9rem;font-size:.875rem}
#list tbody td,#list tbody th{padding:0}#list tbody th{flex-basis:100%;font-size:1rem}#list td:empty{margin-right:-.9rem}
#list .story{display:none}#list tbody:has(.open[open]) .story{display:block;padding-top:.6rem}
dl{grid-template-columns:minmax(0,1fr);gap:0;padding:.75rem .9rem}dd{margin-bottom:.5rem}
}
@media (max-width:48rem){h1{gap:.6rem}section{padding-top:2.75rem}
.row,.axis,details.row>summary{grid-template-columns:minmax(0,1fr)}.row ol{padding-left:1rem}.axis .label{display:none}
#axis g:nth-of-type(even),.axis text:nth-of-type(even),.ends-axis text:last-of-type{display:none}}
.row{content-visibility:auto;contain-intrinsic-size:auto 3.3rem}.provider{content-visibility:auto;contain-intrinsic-size:auto 8rem}
@media print{.row,.provider{content-visibility:visible}#list{font-size:.8125rem}thead [aria-sort] button::after{content:none!important}#list th,#list td{padding-right:.5rem}:root{--bg:#fff;--soft:#fff;--text:#000;--dim:#444;--line:#bbb;--on:#fff;--tint-fail:#fff;--tint-degraded:#fff;--tint-pass:#fff;--tint-undetermined:#fff;
--pass:#2c6e4e;--degraded:#8a5a00;--fail:#b3261e;--undetermined:#65489c;--unchecked:#686d75;--seen:#3d6690;--valid:#c3d0de;font-size:10.5pt;color-scheme:light}
nav,.skip,.js,.on-js .js{display:none}.axis{position:static}.axis .label{display:block}main,footer{max-width:none;padding:0}section{padding-top:1.5rem}.now{padding-top:0}
.card,.row,tr,.provider h3,li{break-inside:avoid}h2,h3{break-after:avoid}svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}.row,.axis,details.row>summary{grid-template-columns:11rem minmax(0,1fr)}.row ol{padding-left:12.25rem}a{color:inherit;text-decoration:none}.story a{display:none}}
`;
