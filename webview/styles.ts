import { css } from 'lit';

/** What every part of the panel looks like alike. Colours are the theme's alone. */
export const sharedStyles = css`
  :host {
    display: block;
    font-variant-numeric: tabular-nums;
  }
  [hidden] {
    display: none;
  }
  h1,
  h2,
  h3,
  p,
  dl,
  dd,
  ul {
    margin: 0;
    padding: 0;
  }
  h1 {
    font-size: 1.25em;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  h2 {
    font-size: 1em;
    font-weight: 600;
  }
  .faint {
    color: var(--lipschitz-faint);
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    align-items: baseline;
  }
  /* The layer that is selected in the whole panel, in any table. */
  tbody tr[aria-current] {
    background: var(--vscode-list-inactiveSelectionBackground);
    color: var(--vscode-list-inactiveSelectionForeground, inherit);
    box-shadow: inset 3px 0 var(--vscode-focusBorder);
  }
  tbody tr[aria-current] .faint {
    color: inherit;
  }
  button.link {
    padding: 0;
    border: 0;
    background: none;
    color: var(--vscode-textLink-foreground);
    font: inherit;
    text-align: start;
    text-decoration: underline;
    cursor: pointer;
  }
  button.link:hover {
    color: var(--vscode-textLink-activeForeground);
  }
  :focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: 1px;
  }
  /* Only holds a picture. */
  .drawing {
    display: contents;
  }
  svg {
    display: block;
    max-width: 100%;
  }
`;
