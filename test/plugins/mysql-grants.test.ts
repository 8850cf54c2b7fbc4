import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditionsOf, grantTo } from '../../plugins/mysql/grants.ts';

const NEW = "'new'@'%'";
const quoted = (text: string): string => `\`${text.replaceAll('`', '``')}\``;

describe('grants are copied for somebody else', () => {
  it.each([
    ['GRANT USAGE ON *.* TO `app`@`%`', `GRANT USAGE ON *.* TO ${NEW}`],
    ["GRANT USAGE ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '*AB TO `x`'", `GRANT USAGE ON *.* TO ${NEW}`],
    [
      "GRANT SELECT ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '*AB' REQUIRE SSL WITH GRANT OPTION",
      `GRANT SELECT ON *.* TO ${NEW} WITH GRANT OPTION`,
    ],
    [
      'GRANT SELECT (`id`) ON `a TO b`.`c` TO `app`@`%` WITH GRANT OPTION',
      `GRANT SELECT (\`id\`) ON \`a TO b\`.\`c\` TO ${NEW} WITH GRANT OPTION`,
    ],
    ["GRANT `reader`@`%` TO 'app'@'10.0.0.%' WITH ADMIN OPTION", `GRANT \`reader\`@\`%\` TO ${NEW} WITH ADMIN OPTION`],
    ['REVOKE INSERT ON `mysql`.* FROM `app`@`%`', `REVOKE INSERT ON \`mysql\`.* FROM ${NEW}`],
    ['SET DEFAULT ROLE `reader` FOR `app`@`%`', `SET DEFAULT ROLE \`reader\` FOR ${NEW}`],
    ['GRANT PROXY ON ``@`%` TO `app`@`%` WITH GRANT OPTION', `GRANT PROXY ON \`\`@\`%\` TO ${NEW} WITH GRANT OPTION`],
    ['GRANT SELECT ON a.b', null],
    ['GRANT SELECT ON a.b TO app', null],
    ['GRANT SELECT ON a.b TO `app`; DROP', null],
  ])('%s', (line, expected) => {
    expect(grantTo(line, NEW)).toBe(expected);
  });

  it('whatever databases, tables and users are called', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom(' TO `a`@`%`', '` TO `', "'", '"', '\\', ' FOR ', '@'));
    fc.assert(
      fc.property(name, name, name, name, (database, table, user, host) => {
        const what = `GRANT SELECT ON ${quoted(database)}.${quoted(table)} TO `;
        const line = `${what}${quoted(user)}@${quoted(host)} WITH GRANT OPTION`;
        expect(grantTo(line, NEW)).toBe(`${what}${NEW} WITH GRANT OPTION`);
      }),
    );
  });
});

describe('what is asked of an account is copied, without its password', () => {
  it.each([
    ["CREATE USER `app`@`%` IDENTIFIED BY PASSWORD '*AB'", ''],
    [
      "CREATE USER `app`@`%` IDENTIFIED BY PASSWORD '*AB' REQUIRE SSL WITH MAX_USER_CONNECTIONS 7",
      ' REQUIRE SSL WITH MAX_USER_CONNECTIONS 7',
    ],
    [
      "CREATE USER `REQUIRE`@`%` IDENTIFIED VIA ed25519 USING 'REQUIRE x' OR unix_socket WITH MAX_QUERIES_PER_HOUR 3",
      ' WITH MAX_QUERIES_PER_HOUR 3',
    ],
    [
      "CREATE USER `app`@`%` IDENTIFIED WITH 'caching_sha2_password' AS '$A$005$\\'ACCOUNT' DEFAULT ROLE `r`@`%` REQUIRE X509 PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK",
      ' DEFAULT ROLE `r`@`%` REQUIRE X509 PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK',
    ],
  ])('%s', (created, expected) => {
    expect(conditionsOf(created)).toBe(expected);
  });
});
