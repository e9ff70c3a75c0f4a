export const value = 'hello from dynamic module';

export function someFunction(number) {
    return number * 2;
}
