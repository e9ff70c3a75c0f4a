//! Why a function is in the suspension set, and what keeps it there.

use std::fmt;

/// The call through which a function can come to suspend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It calls the import that suspends.
    Suspends,
    /// It calls a member.
    Direct { callee: String },
    /// It can reach a member by the indirect call at this offset of the file.
    Indirect { callee: String, how: How, offset: usize },
}

/// What connects an indirect call to a function. The more precise come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The address is a constant.
    Constant,
    /// It stands in this slot of a vtable.
    Slot(u32),
    /// It stands in the object of the data that the address is loaded from.
    Object,
    /// It stands in a vtable that has several methods of its signature.
    Choice,
    /// It stands in a table of the data that is no vtable.
    Table,
    /// Code takes its address.
    AddressTaken,
    /// Nothing is known but the signature.
    Signature,
}

impl Reason {
    /// The next function on the way to `suspend`; none at the end.
    pub fn callee(&self) -> Option<&str> {
        match self {
            Reason::Suspends => None,
            Reason::Direct { callee } | Reason::Indirect { callee, .. } => Some(callee),
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            How::Constant => f.write_str("a constant function pointer"),
            How::Slot(0) => f.write_str("drop glue of a vtable"),
            How::Slot(offset) => {
                write!(f, "method {} of a vtable", (offset.saturating_sub(12)) / 4)
            }
            How::Object => f.write_str("a function pointer in this constant"),
            How::Choice => f.write_str("one of several methods of a vtable"),
            How::Table => f.write_str("a function pointer in some constant"),
            How::AddressTaken => f.write_str("a function pointer from anywhere"),
            How::Signature => f.write_str("any function of this signature"),
        }
    }
}

/// One call of a chain: `caller` can suspend by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub caller: String,
    pub reason: Reason,
}

/// A call of the suspension set; `how` is none for direct calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberCall<'a> {
    pub caller: &'a str,
    pub callee: &'a str,
    pub how: Option<How>,
}
