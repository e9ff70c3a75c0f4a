//! A JavaScript engine, whose scripts read files.

use boa_engine::{Context, JsArgs, JsError, JsNativeError, JsResult, JsValue, NativeFunction, Source, js_string};

fn read(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = arguments.get_or_undefined(0).to_string(context)?.to_std_string_escaped();
    let text = std::fs::read_to_string(path)
        .map_err(|error| JsError::from(JsNativeError::error().with_message(error.to_string())))?;
    Ok(js_string!(text).into())
}

fn main() {
    let script = std::env::args().nth(1).expect("usage: boa SCRIPT");
    let mut context = Context::default();
    context
        .register_global_callable(js_string!("read"), 1, NativeFunction::from_fn_ptr(read))
        .expect("a new global");
    match context.eval(Source::from_bytes(&script)) {
        Ok(value) => println!("{}", value.display()),
        Err(error) => println!("{error}"),
    }
}
