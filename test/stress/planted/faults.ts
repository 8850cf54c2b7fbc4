/** One check less, in one place of the code. */
export interface Fault {
  readonly name: string;
  /** Under `src/`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly put: string;
  /** The test that has to notice; the sweep of all fields unless given. */
  readonly judge?: 'worlds' | 'streams' | 'gateways' | 'gateway sockets' | 'rights of listeners';
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'no WebSocket is signed',
    file: 'http/socket.ts',
    find: 'checkSignature?.({',
    put: 'void ({',
    judge: 'gateway sockets',
  },
  {
    name: 'a commit of a token concerns nobody',
    file: 'streams/audience.ts',
    find: 'for (const token of concerned.tokens) tokens.collect(token, found);',
    put: '',
    judge: 'rights of listeners',
  },
  {
    name: 'a commit of a role concerns nobody',
    file: 'streams/audience.ts',
    find: 'for (const role of concerned.roles) roles.collect(role, found);',
    put: '',
    judge: 'rights of listeners',
  },
  {
    name: 'no token ends while it listens',
    file: 'streams/members.ts',
    find: "for (let next = audience.ended(isExpired); next; next = audience.ended(isExpired)) drop(next, 'forbidden');",
    put: '',
    judge: 'rights of listeners',
  },
  {
    name: 'a gateway may send from anywhere',
    file: 'access/gateways.ts',
    find: '(via.networks === undefined || isWithin(address, via.networks))',
    put: 'true',
    judge: 'gateways',
  },
  {
    name: 'any token is the token of a gateway',
    file: 'access/gateways.ts',
    find: "via.kind === 'gateway' && (via.networks",
    put: '(via.networks',
    judge: 'gateways',
  },
  {
    name: 'a gateway asks without a user',
    file: 'graphql/engine/plugins/use-gateways.ts',
    find: "if (!isSchema) throw unauthenticated('The token of a user is required beside that of the gateway');",
    put: '',
    judge: 'gateways',
  },
  {
    name: 'a signature is good twice',
    file: 'access/gateway-signatures.ts',
    find: "if (recent.has(signature) || older.has(signature)) throw unauthenticated('The signature was used before');",
    put: '',
    judge: 'gateways',
  },
  {
    name: 'no request is signed',
    file: 'http/graphql-route.ts',
    find: 'if (context.checkSignature) await checkSigned(deps, exchange, context, body);',
    put: '',
    judge: 'gateways',
  },
  {
    name: 'rights do not ask for the type',
    file: 'access/model.ts',
    find: '(target.type === undefined ? grant.types.length > 0 : grant.types.includes(target.type))',
    put: 'grant.types.length > 0',
  },
  {
    name: 'rights do not ask for the project',
    file: 'access/model.ts',
    find: '(grant.projects === null || (target.project !== undefined && grant.projects.includes(target.project)))',
    put: 'true',
  },
  {
    name: 'rights do not ask for the verb',
    file: 'access/model.ts',
    find: 'grant.verbs.includes(verb) &&\n      // A grant',
    put: '// A grant',
  },
  {
    name: 'a dependent reaches every workload',
    file: 'access/model.ts',
    find: "return resource === 'workload' && target.workload?.kind === own.kind && target.workload.id === own.id;",
    put: "return resource === 'workload';",
  },
  {
    name: 'a dependent reaches every project',
    file: 'access/model.ts',
    find: "if (target.project !== own.project) return false;\n  if (resource === 'project') return verb === 'list';\n  return resource === 'workload' && target.workload?.kind === own.kind && target.workload.id === own.id;",
    put: 'return true;',
  },
  {
    name: 'everybody counts as the workload itself',
    file: 'access/model.ts',
    find: 'own !== null && own.project === project && own.kind === workload?.kind && own.id === workload.id;',
    put: 'true;',
  },
  {
    name: 'variables as written are not masked',
    file: 'audit/rows.ts',
    find: 'new Value(of, isSeen, () => value)',
    put: 'new Value(of, true, () => value)',
  },
  {
    name: 'contents of files as written are not masked',
    file: 'audit/rows.ts',
    find: 'new Value(of, isSeen, () => read(entry))',
    put: 'new Value(of, true, () => read(entry))',
  },
  {
    name: 'revisions of groups are not masked',
    file: 'modules/secret-groups/view.ts',
    find: 'return [past, now].every((each) => mayRead(each, session));',
    put: 'return true;',
  },
  {
    name: 'keys of groups need no permission',
    file: 'modules/secret-groups/rights.ts',
    find: "return can(session.principal, verb, 'secretGroup', { project, type });",
    put: "return can(session.principal, verb === 'read' ? 'listKeys' : verb, 'secretGroup', { project, type });",
  },
  {
    name: 'a change of a group needs no permission to write',
    file: 'modules/secret-groups/rights.ts',
    find: "  require(session, 'write', project, after.type);\n  if (!before) {\n    if (after.links.length > 0) require(session, 'link', project, after.type);\n    return;\n  }\n  require(session, 'write', project, before.type);\n",
    put: '  if (!before) return;\n',
  },
  {
    name: 'resolved variables are not masked',
    file: 'modules/resolution/views.ts',
    find: 'value: new Value(of, isSeen, () => value),',
    put: 'value: new Value(of, true, () => value),',
  },
  {
    name: 'resolved files are not masked',
    file: 'modules/resolution/views.ts',
    find: 'const isSeen = sight.sees(file);',
    put: 'const isSeen = true;',
  },
  {
    name: 'references in masked texts are listed',
    file: 'modules/resolution/views.ts',
    find: '    .filter((each) => !isKept(each))\n',
    put: '    .filter((each) => !isKept(each) || true)\n',
    judge: 'worlds',
  },
  {
    name: 'errors of masked variables are told',
    file: 'modules/resolution/views.ts',
    find: 'error: isSeen ? error : null,',
    put: 'error,',
    judge: 'worlds',
  },
  {
    name: 'what a template draws in does not mask the result',
    file: 'modules/resolution/sight.ts',
    find: 'seesType[type] && (drawn & ~drawable) === 0;',
    put: 'seesType[type] && (drawn & ~drawable) >= 0;',
  },
  {
    name: 'listing global secrets is enough to see what is drawn in',
    file: 'modules/resolution/sight.ts',
    find: "lists(type) && (isOwn || mayOnGlobal(session, 'read', type));",
    put: 'lists(type);',
  },
  {
    name: 'digests of what is masked are those of the whole',
    file: 'modules/resolution/sight.ts',
    find: 'isWhole: seesType.secret && seesType.config && drawable === (DRAWS.secret | DRAWS.config | DRAWS.missing),',
    put: 'isWhole: true,',
    judge: 'worlds',
  },
  {
    name: 'values of global secrets are not masked',
    file: 'modules/global-secrets/view.ts',
    find: 'new Value(subject(stored), maySeeValues(stored, session), () => stored.body().values)',
    put: 'new Value(subject(stored), true, () => stored.body().values)',
  },
  {
    name: 'files of global secrets are not masked',
    file: 'modules/global-secrets/view.ts',
    find: 'new Value(of, isSeen, () => file.data)',
    put: 'new Value(of, true, () => file.data)',
  },
  {
    name: 'values of app secrets are not masked',
    file: 'modules/app-secrets/view.ts',
    find: "value !== null && (value.fields.hidden || !mayOnSecrets(session, 'read'));",
    put: 'value !== null && value.fields.hidden;',
  },
  {
    name: 'revisions of app secrets are not masked',
    file: 'modules/app-secrets/view.ts',
    find: "!past.deleted && (hidden || !mayOnSecrets(session, 'read'));",
    put: '!past.deleted && hidden;',
  },
  {
    name: 'rendering in full needs no permission',
    file: 'modules/app-secrets/rendered.ts',
    find: "const isOpen = mayRender && ask.mode === 'Full';",
    put: "const isOpen = ask.mode === 'Full';",
  },
  {
    name: 'own values of workloads are not masked',
    file: 'modules/workloads/rights.ts',
    find: "return can(session.principal, 'read', 'workload', { project, type: 'secret', workload: { kind, id: idOf(key) } });",
    put: "return can(session.principal, 'list', 'workload', { project, workload: { kind, id: idOf(key) } });",
  },
  {
    name: 'secret parameters of addons are shown',
    file: 'modules/addons/params.ts',
    find: 'if (!isObject(schema) || schema.sensitive === true) return null;',
    put: 'if (!isObject(schema)) return null;',
  },
  {
    name: 'parameters of addons are shown without the permission to read',
    file: 'modules/addons/service.ts',
    find: "const isSeen = mayOnAddon(session, 'read', addon.key[1] ?? '');",
    put: 'const isSeen = true;',
  },
  {
    name: 'credentials of addons are told to whoever may list them',
    file: 'modules/addons/credentials.ts',
    find: "if (!mayOnAddon(session, 'read', project)) throw forbidden('You do not have permission to read the addon');",
    put: '',
  },
  {
    name: 'secret credentials of addons are told to whoever may read the others',
    file: 'modules/addons/credentials.ts',
    find: "const isResolved = mayOnAddon(session, 'resolve', project);",
    put: 'const isResolved = true;',
  },
  {
    name: 'addons are changed by whoever may list them',
    file: 'modules/addons/rights.ts',
    find: '  if (!mayOnAddon(session, verb, ref.project)) throw forbidden();\n',
    put: '',
  },
  {
    name: 'changes of app secrets need no permission',
    file: 'modules/app-secrets/rights.ts',
    find: 'if (!mayOnSecrets(session, verb)) throw forbidden();',
    put: '',
  },
];
