import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export type Settings = Readonly<Record<string, unknown>>;

/** What keeps the workbench quiet and the same on every machine. */
const QUIET: Settings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  // Without animations nothing is half open when it is clicked or photographed.
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'window.commandCenter': false,
  'window.title': '${activeEditorShort}${separator}${rootName}',
  // The desktop's own menus are drawn by the system, where no test can click.
  'window.menuStyle': 'custom',
  'window.titleBarStyle': 'custom',
  // Else the theme of the machine's desktop would win over the one that a suite sets.
  'window.autoDetectColorScheme': false,
  'window.autoDetectHighContrast': false,
  'window.restoreWindows': 'none',
  'telemetry.telemetryLevel': 'off',
  // Not false: VS Code 1.139 would rewrite the file, in the midst of a suite's own change.
  'extensions.autoUpdate': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  // The explorer is walked folder by folder.
  'explorer.compactFolders': false,
  'editor.accessibilitySupport': 'off',
};

/** With retries, because a server that is just ending may still write a log while its folder is being removed. */
const REMOVE = { recursive: true, force: true, maxRetries: 5, retryDelay: 200 };

/** Fresh folders for one run of VS Code, removed afterwards. */
export class Profile {
  readonly home: string;
  readonly server: string;
  readonly user: string;
  readonly extensions: string;
  private readonly root: string;

  /** For a test run that ends without disposing. */
  private readonly removeNow = () => rmSync(this.root, REMOVE);

  private constructor(root: string) {
    this.root = root;
    process.once('exit', this.removeNow);
    this.home = join(root, 'home');
    this.server = join(root, 'server');
    this.user = join(root, 'user');
    this.extensions = join(root, 'extensions');
  }

  static async create(settings: Settings): Promise<Profile> {
    const profile = new Profile(await mkdtemp(join(tmpdir(), 'lipschitz-e2e-')));
    await mkdir(profile.home);
    await mkdir(dirname(profile.settingsFile), { recursive: true });
    await writeFile(profile.settingsFile, JSON.stringify({ ...QUIET, ...settings }, null, 2));
    return profile;
  }

  async remove(): Promise<void> {
    await rm(this.root, REMOVE);
    process.removeListener('exit', this.removeNow);
  }

  private get settingsFile(): string {
    return join(this.user, 'User', 'settings.json');
  }
}
