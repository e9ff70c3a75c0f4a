// Parts of the platform that TypeScript's libraries do not declare.

declare namespace WebAssembly {
    const Suspending: { new (callback: (...args: any[]) => unknown): Function } & any;
    const promising: (run: Function) => (...args: any[]) => Promise<any>;
}

declare var process: NodeJS.Process | undefined;
