import type { Frame, Page } from 'playwright-core';
import { cursorAt } from './quick-input.ts';
import { PATIENCE, comesTrue, happens, until } from './waiting.ts';

const INPUT = '.quick-input-widget .quick-input-box input';

/** What a suite might do instead of pressing keys: by the mouse, or by reaching into the page. */
const otherHands = {
  page: ['click', 'dblclick', 'tap', 'hover', 'dragAndDrop', 'check', 'uncheck', 'setChecked', 'selectOption', 'fill', 'type', 'press', 'focus', 'dispatchEvent', 'setInputFiles'],
  locator: ['click', 'dblclick', 'tap', 'hover', 'dragTo', 'check', 'uncheck', 'setChecked', 'selectOption', 'selectText', 'fill', 'clear', 'type', 'press', 'pressSequentially', 'focus', 'blur', 'dispatchEvent', 'setInputFiles'],
  mouse: ['click', 'dblclick', 'down', 'move', 'up', 'wheel'],
} as const; // prettier-ignore

/** From here on only `page.keyboard` reaches the window: everything else is refused. Returns what ends that. */
export function takeMouseAway(page: Page): () => void {
  const refused = [
    ...refuse(page, otherHands.page),
    ...refuse(page.mainFrame(), otherHands.page),
    ...refuse(page.locator('body'), otherHands.locator),
    ...refuse(page.mouse, otherHands.mouse),
  ];
  return () => refused.forEach((giveBack) => giveBack());
}

/** On the prototype, for frames and locators come and go. */
function refuse(object: object, names: readonly string[]): (() => void)[] {
  const prototype = Object.getPrototypeOf(object) as Record<string, unknown>;
  return names
    .filter((name) => name in prototype)
    .map((name) => {
      const own = prototype[name];
      prototype[name] = () => {
        throw new Error(`"${name}" is no key: this suite has a keyboard only.`);
      };
      return () => {
        prototype[name] = own;
      };
    });
}

/** What a user without a mouse does in the workbench and in the panel. */
export class Keyboard {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#page.keyboard.press(key);
  }

  /** Runs a command of the palette by its title. */
  async run(title: string): Promise<void> {
    await this.#palette();
    await this.choose(title, `>${title}`);
  }

  /** Runs a command and takes an entry of the list it asks with: both anew where something that comes into focus closes the list. */
  async runAndChoose(title: string, label: string): Promise<void> {
    await until(
      async () => {
        await this.run(title);
        return (await happens(this.choose(label, label, PATIENCE / 4))) || undefined;
      },
      () => `"${title}" gives no list with "${label}" to take.`,
    );
  }

  /** Opens a file by its path in the workspace, written with slashes. */
  async open(path: string): Promise<void> {
    await this.#palette();
    await this.choose(path.slice(path.lastIndexOf('/') + 1), path);
  }

  /** Puts the cursor at a place of the file in front, counted from 1, and waits until it is there. */
  async goTo(line: number, column: number): Promise<void> {
    const there = cursorAt(this.#page, line, column);
    await until(
      async () => {
        await this.#palette();
        await this.type(`:${line}:${column}`);
        await this.press('Enter');
        return (await happens(there.waitFor({ timeout: 4000 }))) || undefined;
      },
      () => `the cursor does not go to line ${line}, column ${column}.`,
    );
  }

  /** Opens the palette anew: what a list that still stands there would do with a command is anyone's guess. */
  async #palette(): Promise<void> {
    const input = this.#page.locator(INPUT);
    await until(
      async () => {
        if (!(await input.isVisible())) return true;
        await this.press('Escape');
        return undefined;
      },
      () => 'Escape does not close the list that is open.',
    );
    await until(
      async () => {
        await this.press('F1');
        return (await happens(input.waitFor({ timeout: 2000 }))) || undefined;
      },
      () => 'F1 does not open the command palette.',
    );
  }

  /**
   * Types into the list that is open until this entry is the one that Enter takes, and takes it. The list before it may still stand
   * there and take the text, or the key: so the text is typed again where it is missing, and Enter pressed again where nothing comes of it.
   */
  async choose(label: string, typed: string = label, patience: number = PATIENCE): Promise<void> {
    const widget = this.#page.locator('.quick-input-widget');
    const input = this.#page.locator(INPUT);
    const focused = widget.locator('.quick-input-list .monaco-list-row.focused .label-name').first();
    const exactly = new RegExp(`^\\s*(?:[^:]+: )?${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
    // A list that is closed is only hidden, and keeps what it held.
    const holds = async (): Promise<boolean> =>
      (await input.isVisible()) && (await input.inputValue({ timeout: 1000 }).catch(() => '')) === typed;
    let seen = '';
    const isTaken = async (): Promise<boolean> => {
      seen = (await focused.innerText({ timeout: 1000 }).catch(() => '')).replaceAll('\u00A0', ' ');
      return exactly.test(seen) && (await holds());
    };
    await until(
      async () => {
        // Without the focus the text would go into a file.
        if (!(await happens(this.#page.locator(`${INPUT}:focus`).waitFor({ timeout: 4000 })))) return undefined;
        if (!(await holds())) await this.type(typed);
        if (!(await comesTrue(isTaken))) {
          // Typed once more, for a list whose entries came after the text.
          await this.press('Control+A', 'Delete');
          return undefined;
        }
        await this.press('Enter');
        return (await comesTrue(async () => !(await isTaken()))) || undefined;
      },
      () => `Enter would take "${seen}", not "${label}".`,
      patience,
    );
  }

  /** In the place of what the field holds. */
  async type(text: string): Promise<void> {
    await this.press('Control+A');
    await this.#page.keyboard.insertText(text);
  }

  /** Answers VS Code's own file dialog, once it proposes a name for the file. */
  async answerFileDialog(proposal: string, path: string): Promise<void> {
    const input = this.#page.locator(INPUT);
    // A list that is closed is only hidden, and keeps what it held.
    const proposes = async (): Promise<boolean> =>
      (await input.isVisible()) && (await input.inputValue({ timeout: 1000 }).catch(() => '')).includes(proposal);
    await until(
      async () => (await proposes()) || undefined,
      () => `no dialog proposes "${proposal}".`,
    );
    const holds = async (): Promise<boolean> => (await input.inputValue({ timeout: 1000 }).catch(() => '')) === path;
    await until(
      async () => {
        // The dialog looks at the folder first, and meanwhile may write its proposal once more and takes no Enter. Whoever
        // types again at once makes it look for ever, so each step is given its time.
        if (!(await input.isVisible())) return true;
        if (!(await holds())) await this.type(path);
        if (!(await comesTrue(holds))) return undefined;
        // Nothing on screen tells when it has looked; before that Enter takes what stood there.
        await this.#page.waitForTimeout(1500);
        if (!(await holds())) return undefined;
        await this.press('Enter');
        return (await comesTrue(async () => !(await input.isVisible()))) || undefined;
      },
      () => `the dialog does not take "${path}".`,
    );
  }

  /** Presses Tab, through the panel and round again, until the focus is on a control with this name. */
  async tabTo(panel: Frame, wanted: RegExp): Promise<void> {
    const passed: string[] = [];
    for (let presses = 0; presses < furthest; presses++) {
      const focused = await panel.evaluate(focusInPanel);
      if (focused !== undefined && wanted.test(focused)) return;
      if (passed.at(-1) !== focused) passed.push(focused ?? 'outside');
      // Beyond the last control is the workbench, from where a key leads back.
      await this.press(...(focused === undefined ? ['Control+1', 'Tab'] : ['Tab']));
    }
    throw new Error(`Tab does not get to ${String(wanted)}; it came by ${passed.slice(-60).join(' | ')}.`);
  }

  /** Enter on a control of the panel. */
  async enter(panel: Frame, control: RegExp): Promise<void> {
    await this.tabTo(panel, control);
    await this.press('Enter');
  }

  /** From the tab of the panel that is shown to another one, as in every list of tabs. */
  async openTab(panel: Frame, name: string): Promise<void> {
    await this.tabTo(panel, /^tab: /);
    const tab = panel.getByRole('tab', { name, selected: true });
    await this.pressUntil('ArrowRight', () => tab.isVisible(), `the tab ${name}`);
  }

  /** Presses a key, again and again, until it has led there: an answer may come late, so it is asked for before each press. */
  async pressUntil(key: string, isThere: () => Promise<boolean>, where: string): Promise<void> {
    await until(
      async () => {
        if (await isThere()) return true;
        await this.press(key);
        return undefined;
      },
      () => `${key} does not lead to ${where}.`,
    );
  }
}

/** More presses than any page of the panel needs for one round. */
const furthest = 250;

/** Runs in the panel: what has the focus, as a screen reader names it; undefined when the focus is elsewhere in the window. */
function focusInPanel(): string | undefined {
  if (!document.hasFocus()) return undefined;
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  if (!(focused instanceof HTMLElement)) return '';
  const labels = 'labels' in focused ? [...((focused.labels as NodeListOf<HTMLElement> | null) ?? [])] : [];
  const name =
    focused.getAttribute('aria-label') ?? (labels.map((label) => label.innerText).join(' ') || focused.innerText);
  return `${focused.getAttribute('role') ?? focused.localName}: ${name.trim().replace(/\s+/g, ' ').slice(0, 90)}`;
}
