import { css } from 'lit';

export const smoothingStyles = css`
  .slider {
    flex: 1 1 260px;
    max-width: 420px;
  }
  .slider input {
    width: 100%;
    height: 26px;
    margin: 0;
    accent-color: var(--vscode-charts-blue, var(--vscode-focusBorder));
  }
  .promise {
    max-width: 80ch;
    margin: 10px 0 6px;
    line-height: 1.5;
  }
  .promise ~ p:not(.objection) {
    max-width: 80ch;
    margin: 6px 0;
  }
  .radii {
    display: flex;
    flex-wrap: wrap;
    gap: 6px 14px;
    align-items: baseline;
    margin: 8px 0;
  }
  .radii input {
    width: 84px;
  }
  .whole {
    white-space: nowrap;
  }
  .scroll {
    min-width: 0;
    margin: 12px 0;
    overflow-x: auto;
  }
  .figures {
    display: flex;
    flex-wrap: wrap;
    gap: 20px;
    align-items: flex-start;
    margin: 12px 0;
  }
  .figures figure {
    flex: 0 1 320px;
    min-width: 0;
    margin: 0;
  }
  .figures svg {
    max-width: 100%;
    height: auto;
  }
  table {
    border-collapse: collapse;
    width: 100%;
  }
  th,
  td {
    padding: 4px 10px 4px 6px;
    border-bottom: 1px solid var(--lipschitz-grid);
    text-align: start;
    font-weight: normal;
    white-space: nowrap;
  }
  thead th {
    color: var(--lipschitz-faint);
  }
  .number {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  td input[type='number'] {
    width: 64px;
  }
  .bar {
    display: inline-block;
    width: 72px;
    margin-inline-end: 4px;
    vertical-align: middle;
  }
`;
