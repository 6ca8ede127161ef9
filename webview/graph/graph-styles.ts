import { css } from 'lit';
import type { CSSResult } from 'lit';

export const graphStyles: CSSResult = css`
  .controls {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 14px;
    align-items: end;
    margin: 4px 0 12px;
  }
  label {
    display: grid;
    gap: 3px;
    color: var(--lipschitz-faint);
    font-size: 0.92em;
  }
  select,
  input[type='text'] {
    box-sizing: border-box;
    height: 26px;
    padding: 2px 6px;
    border: 1px solid var(--vscode-settings-textInputBorder, var(--vscode-dropdown-border, var(--lipschitz-grid)));
    border-radius: 2px;
    background: var(--vscode-input-background, var(--vscode-editor-background));
    color: var(--vscode-input-foreground, var(--vscode-foreground));
    font: inherit;
  }
  select {
    background: var(--vscode-dropdown-background, var(--vscode-editor-background));
    color: var(--vscode-dropdown-foreground, var(--vscode-foreground));
  }
  input[type='text'] {
    width: 160px;
  }
  .found {
    min-width: 6em;
    line-height: 26px;
  }
  lipschitz-graph-drawing,
  .stage-empty {
    height: clamp(280px, 62vh, 760px);
  }
  .stage-empty {
    display: grid;
    place-items: center;
    border: 1px solid var(--lipschitz-grid);
    border-radius: 4px;
  }
  .below {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 16px;
    align-items: start;
    justify-content: space-between;
    margin-top: 8px;
  }
  .legend {
    flex: 1 1 280px;
    max-width: 60ch;
  }
  .readout {
    min-height: 1.5em;
    margin: 6px 0;
    line-height: 1.5;
    overflow-wrap: anywhere;
  }
  .empty {
    max-width: 72ch;
    margin: 10px 0;
    line-height: 1.5;
  }
  details {
    margin-top: 14px;
  }
  summary {
    cursor: pointer;
  }
  .scroll {
    max-height: 60vh;
    margin: 6px 0;
    overflow: auto;
  }
  table {
    border-collapse: collapse;
  }
  th,
  td {
    padding: 2px 14px 2px 0;
    font-weight: normal;
    text-align: start;
    white-space: nowrap;
  }
  thead th {
    color: var(--lipschitz-faint);
  }
  tr[aria-current] {
    background: var(--vscode-list-inactiveSelectionBackground);
    outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
  }
`;
