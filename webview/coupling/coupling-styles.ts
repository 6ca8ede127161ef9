import { css } from 'lit';
import type { CSSResult } from 'lit';

export const couplingStyles: CSSResult = css`
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
  input[type='number'] {
    box-sizing: border-box;
    width: 150px;
    height: 26px;
    padding: 2px 6px;
    border: 1px solid var(--vscode-settings-textInputBorder, var(--lipschitz-grid));
    border-radius: 2px;
    background: var(--vscode-input-background, var(--vscode-editor-background));
    color: var(--vscode-input-foreground, var(--vscode-foreground));
    font: inherit;
  }
  .sentences {
    max-width: 80ch;
    padding-inline-start: 1.2em;
    line-height: 1.55;
  }
  .figures {
    display: flex;
    flex-wrap: wrap;
    gap: 0 24px;
    align-items: start;
  }
  figure {
    margin: 16px 0 0;
    min-width: 0;
  }
  figcaption {
    margin-bottom: 6px;
    color: var(--lipschitz-faint);
  }
  [data-layer] {
    cursor: pointer;
  }
  .sampling {
    flex: 1 1 100%;
    margin-top: 10px;
  }
  section {
    margin-top: 20px;
    line-height: 1.55;
  }
  section p {
    max-width: 80ch;
    margin-top: 4px;
  }
  details {
    margin-top: 16px;
  }
  summary {
    cursor: pointer;
  }
  .scroll {
    max-height: 60vh;
    margin: 8px 0 6px;
    overflow: auto;
  }
  table {
    border-collapse: collapse;
  }
  th,
  td {
    padding: 2px 16px 2px 6px;
    font-weight: normal;
    text-align: start;
    white-space: nowrap;
  }
  thead th {
    color: var(--lipschitz-faint);
  }
  td.number,
  th.number {
    text-align: end;
  }
`;
