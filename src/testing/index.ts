/**
 * Conformance suites for what an application implements: its store and its server.
 *
 * Subpath: `polyratchet/testing`.
 *
 * @module
 */
export { ConformanceError, type ConformanceCase } from './conformance.js';
export { serverCases, type ServerCasesOptions } from './serverCases.js';
export { storeCases, type StoreCasesOptions } from './storeCases.js';
