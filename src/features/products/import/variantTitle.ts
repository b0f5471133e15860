import { importLimits } from './limits.ts';

/** How Shopify titles a variant: its option values, cut where they are longer than a title may be. */
export function variantTitle(options: Record<string, string>): string {
  const title = Object.values(options).join(' / ') || 'Default Title';
  return title.slice(0, importLimits.labelLength).toWellFormed();
}
