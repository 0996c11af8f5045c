/** What is known of the screen and of the hands at it. */

/** @returns {MediaQueryList} Whether there is room for one column only; it tells 'change'. */
export const narrowScreen = () => matchMedia("(max-width: 52rem)");

/** @returns {boolean} Whether there are fingers and nothing else: nobody drops or pastes files. */
export const isTouchAlone = () => matchMedia("(pointer: coarse) and (hover: none)").matches;
