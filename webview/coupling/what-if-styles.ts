import { css } from 'lit';
import type { CSSResult } from 'lit';

export const whatIfStyles: CSSResult = css`
  select {
    box-sizing: border-box;
    max-width: 280px;
    height: 26px;
    padding: 2px 6px;
    border: 1px solid var(--vscode-settings-dropdownBorder, var(--lipschitz-grid));
    border-radius: 2px;
    background: var(--vscode-dropdown-background, var(--vscode-editor-background));
    color: var(--vscode-dropdown-foreground, var(--vscode-foreground));
    font: inherit;
  }
  .chosen {
    margin: 0 0 12px;
  }
  .ticks {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(220px, 1fr));
    gap: 2px 12px;
    max-height: 40vh;
    margin-top: 6px;
    overflow: auto;
  }
  .tick {
    display: block;
    overflow-wrap: anywhere;
  }
  .objection {
    color: var(--vscode-errorForeground, inherit);
  }
`;
