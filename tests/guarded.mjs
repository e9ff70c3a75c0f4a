// Packages of the fixture in which a function is missing from the suspension set.

/** What the missing function does, and its name. */
export const kinds = {
    'calls a member directly': 'fixture::stacks::descend',
    'calls suspend itself': 'suspendable::block::wait',
    'calls a member through a vtable': 'fixture::stacks::walk',
    'is called through a vtable': '<fixture::stacks::Waits as fixture::stacks::Step>::step',
    'is the entry of every fiber': '__suspendable_run',
};

/** A member that is included by hand as well, in the package `included`. */
export const included = 'fixture::stacks::walk';

/** A function that never blocks, says the package `cut`, and one that it calls. */
export const cut = 'fixture::stacks::descend';
export const below = 'fixture::stacks::pause';

/** The folder of a package in target/guard. */
export const folderOf = (kind) => kind.replaceAll(' ', '-');
