/**
 * Most code runs a few times in a run of tests, and to make it fast costs the engine more than that saves: it shall see a function run for
 * seven times as long first. Long runs (`test/stress`) go without.
 */
export const SELDOM_OPTIMISED = '--interrupt-budget=1000000';
