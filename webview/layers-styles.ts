import { css } from 'lit';

/**
 * Every row is one height, so that the rows which are not drawn can be counted instead, and a box of its own: as rows of a table all of
 * them would be laid out again whenever one comes on screen.
 */
export const layersStyles = css`
  :host {
    container-type: inline-size;
  }
  .controls {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 12px;
    align-items: center;
    margin-bottom: 8px;
  }
  vscode-textfield {
    flex: 0 1 180px;
    min-width: 110px;
  }
  select {
    box-sizing: border-box;
    width: 130px;
    height: 26px;
    padding: 2px 6px;
    border: 1px solid var(--vscode-settings-dropdownBorder, var(--vscode-dropdown-border, var(--lipschitz-grid)));
    border-radius: 2px;
    background: var(--vscode-dropdown-background, var(--vscode-editor-background));
    color: var(--vscode-dropdown-foreground, var(--vscode-foreground));
    font: inherit;
  }
  table,
  tbody,
  thead {
    display: block;
  }
  tr {
    display: flex;
    align-items: center;
  }
  thead {
    position: sticky;
    z-index: 1;
    top: 0;
    background: var(--lipschitz-paper);
    box-shadow: inset 0 -1px var(--lipschitz-grid);
  }
  th,
  td {
    flex: none;
    box-sizing: border-box;
    overflow: hidden;
    padding: 0 8px;
    font-weight: normal;
    text-align: start;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  tbody tr[data-id] {
    contain: strict;
    height: 30px;
    border-bottom: 1px solid color-mix(in srgb, var(--lipschitz-grid) 45%, transparent);
    box-sizing: border-box;
  }
  .name {
    flex: 1 1 0;
    min-width: 0;
  }
  td.spacer {
    padding: 0;
  }
  thead button {
    display: flex;
    gap: 4px;
    width: 100%;
    padding: 5px 0;
    border: 0;
    background: none;
    color: var(--lipschitz-faint);
    font: inherit;
    text-align: inherit;
    cursor: pointer;
  }
  thead button:hover {
    color: var(--vscode-foreground);
  }
  .kind,
  .evidence,
  .share {
    width: 114px;
  }
  .shape {
    width: 15%;
  }
  .norm {
    width: 216px;
  }
  .kernel {
    width: 78px;
  }
  .line {
    width: 138px;
  }
  thead .share button,
  thead .norm button,
  thead .kernel button {
    justify-content: flex-end;
  }
  td.kernel {
    text-align: end;
  }
  .norm > div,
  .share > div {
    display: flex;
    gap: 8px;
    align-items: center;
    justify-content: space-between;
  }
  .norm svg,
  .share svg {
    flex: none;
  }
  .second {
    display: none;
  }
  tbody tr[data-id] {
    cursor: pointer;
  }
  tbody tr[data-id]:hover {
    background: var(--vscode-list-hoverBackground);
  }
  tbody tr:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
  .none {
    margin: 16px 8px;
  }
  @media (prefers-reduced-motion: no-preference) {
    .awaited .known {
      animation: appear 0.25s;
    }
  }
  @keyframes appear {
    from {
      opacity: 0;
    }
  }
  /* By the room the table has, not the window: the detail may stand beside it. */
  @container (max-width: 899px) {
    .kind,
    .shape {
      display: none;
    }
    tbody tr[data-id] {
      height: 40px;
    }
    .name > span {
      display: block;
      overflow: hidden;
      text-overflow: ellipsis;
    }
    .name .second {
      font-size: 0.9em;
    }
  }
  @container (max-width: 799px) {
    .evidence {
      width: 28px;
    }
    th.evidence button > span:first-child,
    .evidence .word {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
  }
  @container (max-width: 639px) {
    th,
    td {
      padding: 0 5px;
    }
    .norm {
      width: 116px;
    }
    .evidence {
      width: 22px;
    }
    .norm > div {
      flex-direction: column;
      gap: 1px;
      align-items: flex-end;
    }
    .share {
      width: 56px;
    }
    .line {
      width: 46px;
    }
    .share svg,
    .kernel,
    .file {
      display: none;
    }
    .share > div {
      justify-content: flex-end;
    }
    .line {
      text-align: end;
    }
    thead .line button {
      justify-content: flex-end;
    }
  }
`;
