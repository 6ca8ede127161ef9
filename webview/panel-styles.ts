import { css } from 'lit';

/** The frame around the tabs: header, list of tabs, the detail beside or below. */
export const panelStyles = css`
  main {
    max-width: 1280px;
    margin: 0 auto;
    padding: 12px 16px 24px;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 16px;
    align-items: flex-start;
    justify-content: space-between;
    margin-bottom: 10px;
  }
  header > div:first-child {
    flex: 1 1 260px;
    min-width: 0;
  }
  .unconnected {
    max-width: 72ch;
    line-height: 1.5;
  }
  .toolbar {
    align-items: center;
  }
  .tabs {
    display: flex;
    flex-wrap: wrap;
    gap: 0 20px;
    margin-bottom: 12px;
    border-bottom: 1px solid var(--lipschitz-grid);
  }
  .tabs button {
    margin-bottom: -1px;
    padding: 6px 2px;
    border: 0;
    border-bottom: 2px solid transparent;
    background: none;
    color: var(--lipschitz-faint);
    font: inherit;
    cursor: pointer;
  }
  .tabs button[aria-selected='true'] {
    border-bottom-color: var(--vscode-focusBorder, var(--vscode-foreground));
    color: var(--vscode-foreground);
  }
  .rows {
    margin-top: 20px;
  }
  lipschitz-detail {
    position: sticky;
    z-index: 2;
    bottom: 0;
    max-height: 48vh;
    overflow: auto;
  }
  @media (min-width: 1000px) {
    .layers.with-detail {
      display: grid;
      grid-template-columns: minmax(0, 1fr) 330px;
      gap: 16px;
    }
    lipschitz-detail {
      top: 0;
      bottom: auto;
      align-self: start;
      max-height: 100vh;
    }
  }
`;
