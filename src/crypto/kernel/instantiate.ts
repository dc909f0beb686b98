/**
 * Compiling the WebAssembly modules that `npm run kernel` makes.
 *
 * @module
 */

/** The little of WebAssembly that is used here: the library is compiled without the types of any platform. */
declare const WebAssembly: {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** What a module of base64 exports, or a throw where the runtime does not take it. */
export function instantiate(base64: string): unknown {
  const binary = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const abort = (): never => {
    throw new Error('the kernel gave up');
  };
  return new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { abort } }).exports;
}
