/** Inline because the report is one file; plain because it is read on paper. */
export const reportStyle = `
:root { color-scheme: light; --lipschitz-paper: #fff; }
body { margin: 0; background: #fff; color: #000; font: 14px/1.45 system-ui, sans-serif; }
main { max-width: 860px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { margin: 0; font-size: 24px; overflow-wrap: anywhere; }
h2 { margin: 28px 0 8px; padding-bottom: 3px; border-bottom: 1px solid #000; font-size: 16px; }
p { margin: 4px 0; }
.model, figcaption, caption { color: #444; }
.interval { margin-top: 14px; font-size: 16px; }
.interval strong { font-size: 26px; font-variant-numeric: tabular-nums; }
.summary { max-width: 64ch; font-size: 17px; }
.missing { margin: 12px 0; padding: 4px 12px; border: 2px dashed #000; }
.missing ul { margin: 4px 0; padding-left: 18px; }
figure { margin: 22px 0; break-inside: avoid; }
figcaption { margin-top: 4px; max-width: 72ch; font-size: 13px; }
svg { max-width: 100%; height: auto; vertical-align: middle; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { padding-bottom: 6px; font-size: 13px; text-align: left; }
th, td { padding: 3px 10px 3px 0; border-bottom: 1px solid #ddd; font-weight: normal; text-align: left; overflow-wrap: anywhere; }
thead { display: table-header-group; }
thead th { border-bottom: 1px solid #000; font-weight: 600; }
tr { break-inside: avoid; }
.layers { font-size: 12.5px; }
.layers td, .layers thead th { overflow-wrap: normal; }
.layers tbody th { min-width: 110px; }
.layers td:nth-child(5) { white-space: nowrap; }
.layers td:nth-child(3) { overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
.number > span { display: flex; gap: 8px; align-items: center; justify-content: space-between; }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
ul { padding-left: 20px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 0; }
dt { color: #444; }
dd { margin: 0; overflow-wrap: anywhere; }
@page { margin: 16mm 14mm; }
@media print { main { max-width: none; padding: 0; } body { font-size: 10.5pt; } h2 { break-after: avoid; } }
`;
