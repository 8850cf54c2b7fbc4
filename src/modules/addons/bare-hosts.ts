import type { Log } from '../../kernel/log.ts';
import type { JsonSchema } from '../../plugin/plugin.ts';
import type { Json } from '../../store/port.ts';
import type { Providers } from './providers.ts';
import type { Sweep } from './sweep.ts';

const HTTPS = 443;

export interface BareHostsDeps {
  readonly sweep: Sweep;
  readonly log: Log;
  readonly providers: Providers;
}

/** Told at start: a host that the operator allows without a port is allowed for port 443 alone, and addons often use another. */
export const createBareHostWarning =
  ({ sweep, log, providers }: BareHostsDeps) =>
  async (hosts: readonly string[], signal: AbortSignal): Promise<void> => {
    if (hosts.length === 0) return;
    const told = new Set<string>();
    await sweep('system:addons', signal, async (addon) => {
      if (addon.deleted) return;
      const schema = providers.of(addon)?.facts.params ?? {};
      for (const { host, port } of placesIn(addon.body().params, schema)) {
        if (port === HTTPS || !hosts.includes(host) || told.has(`${host} ${port}`)) continue;
        told.add(`${host} ${port}`);
        log.warn('KEYLOOM_ALLOWED_HOSTS allows a host for port 443 alone, and an addon uses another port: name it', {
          host,
          port,
          addon: addon.key.slice(1).join('/'),
        });
      }
    });
  };

interface Place {
  readonly host: string;
  readonly port: number;
}

/** Where parameters lead: URLs, `host:port`, and hosts beside the ports that stand next to them or are usual for the provider. */
export function placesIn(params: Json, schema: JsonSchema): readonly Place[] {
  const texts = textsIn(params);
  const ports = portsIn(params, schema);
  return texts.flatMap((text) => {
    const url = /^https?:/i.test(text) && URL.canParse(text) ? new URL(text) : null;
    if (url) return [{ host: bare(url.hostname), port: Number(url.port || (url.protocol === 'http:' ? 80 : HTTPS)) }];
    const colon = text.lastIndexOf(':');
    const [host, tail] = [text.slice(0, colon), text.slice(colon + 1)];
    const isWhole = colon === -1 || text.endsWith(']') || host.includes(':') !== host.startsWith('[');
    if (isWhole || !/^\d{1,5}$/.test(tail)) return ports.map((port) => ({ host: bare(text), port }));
    return [{ host: bare(host), port: Number(tail) }];
  });
}

const bare = (host: string): string => host.toLowerCase().replaceAll(/[[\]]/g, '').replace(/\.$/, '');

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return value.length <= 2_048 ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

/** As given, and as the provider takes them when they are not. */
function portsIn(params: Json, schema: JsonSchema): readonly number[] {
  const given = typeof params === 'object' && params !== null ? params : {};
  const usual = (schema.properties ?? {}) as Readonly<Record<string, { readonly default?: unknown }>>;
  const names = new Set([...Object.keys(given), ...Object.keys(usual)].filter((name) => /port$/i.test(name)));
  const isTls = (given as Readonly<Record<string, Json>>).tls === true;
  const all = [...names].flatMap((name): [string, number][] => {
    const port = (given as Readonly<Record<string, Json>>)[name] ?? usual[name]?.default;
    return typeof port === 'number' ? [[name, port]] : [];
  });
  // The gateway itself uses the one for TLS, or the plain one.
  const own = all.filter(([name]) => name === (isTls && names.has('tlsPort') ? 'tlsPort' : 'port'));
  return (own.length > 0 ? own : all).map(([, port]) => port);
}
