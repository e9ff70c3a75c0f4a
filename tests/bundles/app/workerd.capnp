using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
    services = [ (name = "main", worker = .main) ],
    sockets = [ (name = "http", http = (), service = "main") ],
);

const main :Workerd.Worker = (
    modules = [
        (name = "workerd.js", esModule = embed "workerd.js"),
        (name = "fixture.wasm", wasm = embed "fixture.wasm"),
        (name = "fixture.asyncify.wasm", wasm = embed "fixture.asyncify.wasm"),
        (name = "values.mjs", esModule = embed "values.mjs"),
    ],
    compatibilityDate = "2026-11-01",
);
