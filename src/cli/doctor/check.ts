/** One thing that doctor looked at. */
export interface Check {
  readonly name: string;
  /** `warning`: it works, and somebody should look. */
  readonly state: 'ok' | 'warning' | 'failed';
  readonly message: string;
  /** What to do; null where there is nothing to do. */
  readonly fix: string | null;
}

export const ok = (name: string, message: string): Check => ({
  name,
  state: 'ok',
  message,
  fix: null,
});

export const warning = (name: string, message: string, fix: string): Check => ({
  name,
  state: 'warning',
  message,
  fix,
});

export const failed = (name: string, message: string, fix: string): Check => ({
  name,
  state: 'failed',
  message,
  fix,
});
