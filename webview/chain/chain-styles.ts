import { css } from 'lit';
import type { CSSResult } from 'lit';

export const chainStyles: CSSResult = css`
  .sentences {
    max-width: 80ch;
    line-height: 1.55;
  }
  .row,
  label {
    margin-top: 10px;
  }
  label {
    display: inline-grid;
    gap: 3px;
    color: var(--lipschitz-faint);
    font-size: 0.92em;
  }
  .row label {
    margin-top: 0;
  }
  .row {
    align-items: end;
  }
  .row.compose {
    align-items: center;
  }
  label.setting {
    display: inline-flex;
    gap: 4px;
    align-items: center;
    margin: 0 8px 0 0;
  }
  input,
  select {
    box-sizing: border-box;
    height: 26px;
    max-width: 260px;
    padding: 2px 6px;
    border: 1px solid var(--vscode-settings-textInputBorder, var(--lipschitz-grid));
    border-radius: 2px;
    background: var(--vscode-input-background, var(--vscode-editor-background));
    color: var(--vscode-input-foreground, var(--vscode-foreground));
    font: inherit;
  }
  input[type='number'] {
    width: 62px;
  }
  input[aria-invalid='true'] {
    border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
  }
  .scroll {
    margin-top: 12px;
  }
  button.act {
    min-width: 26px;
    height: 26px;
    border: 1px solid var(--lipschitz-grid);
    border-radius: 2px;
    background: none;
    color: var(--vscode-foreground);
    font: inherit;
    cursor: pointer;
  }
  button.act:disabled {
    opacity: 0.4;
    cursor: default;
  }
  .misfit {
    white-space: normal;
  }
  .objection {
    max-width: 80ch;
    margin-top: 10px;
    padding-inline-start: 10px;
    border-inline-start: 3px dashed var(--lipschitz-line);
  }
`;
