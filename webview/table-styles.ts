import { css } from 'lit';

/** Tables that are read and not edited: numbers to the right, scrolled inside their own frame. */
export const tableStyles = css`
  .scroll {
    max-height: 60vh;
    overflow: auto;
  }
  table {
    border-collapse: collapse;
  }
  th,
  td {
    padding: 3px 14px 3px 6px;
    border-bottom: 1px solid var(--lipschitz-grid);
    font-weight: normal;
    text-align: start;
    white-space: nowrap;
  }
  thead th {
    position: sticky;
    top: 0;
    background: var(--vscode-editor-background);
    color: var(--lipschitz-faint);
  }
  .number {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  figure {
    margin: 10px 0;
  }
  ul {
    padding-inline-start: 1.2em;
  }
`;
