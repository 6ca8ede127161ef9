import { css } from 'lit';

export const pageStyles = css`
  .whole-page {
    display: flex;
    flex-direction: column;
    gap: 14px;
    align-items: center;
    max-width: 460px;
    margin: 12vh auto 0;
    text-align: center;
    overflow-wrap: anywhere;
  }
  .layers .whole-page {
    margin: 24px auto;
  }
  .banner {
    display: flex;
    flex-wrap: wrap;
    gap: 6px 10px;
    align-items: center;
    margin-bottom: 12px;
    padding: 6px 10px;
    border: 1px solid var(--lipschitz-grid);
    border-radius: 4px;
    background: var(--vscode-editorWidget-background);
  }
  .banner p {
    flex: 1 1 180px;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .banner.failed {
    border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
  }
  .banner.stale {
    border-color: var(--vscode-inputValidation-warningBorder, var(--vscode-editorWarning-foreground));
  }
  .progress {
    display: grid;
    flex: 1 1 200px;
    gap: 5px;
    min-width: 0;
  }
  .progress p {
    flex: none;
  }
`;
