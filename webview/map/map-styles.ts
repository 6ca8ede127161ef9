import { css } from 'lit';

export const mapStyles = css`
  .controls {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 14px;
    align-items: end;
    margin: 12px 0;
  }
  .pair {
    display: flex;
    gap: 6px;
  }
  label {
    display: grid;
    gap: 3px;
    color: var(--lipschitz-faint);
    font-size: 0.92em;
  }
  label.tick {
    display: flex;
    gap: 6px;
    align-items: center;
    min-height: 26px;
    color: var(--vscode-foreground);
  }
  select,
  input[type='text'],
  input[type='number'] {
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
  input[type='number'] {
    width: 76px;
  }
  input[type='text'] {
    width: 130px;
  }
  .objection,
  .empty {
    max-width: 72ch;
    margin: 10px 0;
    line-height: 1.5;
  }
  .progress {
    max-width: 640px;
    margin-bottom: 10px;
  }
  .map {
    display: flex;
    flex-wrap: wrap;
    gap: 12px 28px;
    align-items: start;
  }
  .map > figure {
    flex: 1 1 360px;
    max-width: 640px;
    min-width: 0;
  }
  figure {
    margin: 0;
  }
  figcaption {
    margin: 12px 0 4px;
  }
  .side {
    flex: 1 1 300px;
    max-width: 420px;
    min-width: 0;
    line-height: 1.5;
  }
  .scale {
    margin-top: 4px;
  }
  .readout {
    min-height: 3em;
    margin-top: 6px;
    line-height: 1.5;
    overflow-wrap: anywhere;
  }
  .pinned {
    margin-top: 12px;
    padding: 8px 12px;
    border-inline-start: 3px solid var(--lipschitz-line);
  }
  dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 2px 14px;
    margin-top: 4px;
  }
  dt {
    color: var(--lipschitz-faint);
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  ul {
    padding-inline-start: 1.2em;
  }
  .row {
    margin-top: 10px;
  }
  details {
    margin-top: 16px;
  }
  summary {
    cursor: pointer;
  }
  .scroll {
    max-height: 60vh;
    margin-top: 6px;
    overflow: auto;
  }
  table {
    border-collapse: collapse;
  }
  th,
  td {
    padding: 2px 12px 2px 0;
    font-weight: normal;
    text-align: end;
    white-space: nowrap;
  }
  th {
    color: var(--lipschitz-faint);
  }
`;
