/**
 * Flags of the engine for a run of tests. Most code runs a few times in one, and to make it fast costs the engine more than that saves: it
 * shall see a function run for seven times as long first. Engines of Node 24 and later count in another way, and go without; so do long
 * runs (`test/stress`).
 */
export const SELDOM_OPTIMISED: readonly string[] =
  Number.parseInt(process.versions.node, 10) < 24 ? ['--interrupt-budget=1000000'] : [];
