import { LitElement } from 'lit';
import { turn } from './turns.ts';

/** A part of the page whose first drawing is a task of its own. Later changes are small, and drawn at once. */
export class DrawnInTurn extends LitElement {
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) await this.awaitTurn();
    await super.scheduleUpdate();
  }

  protected awaitTurn(): Promise<void> {
    return turn();
  }
}
