/* sanitizer - SANITIZES_ADDRESS: whether this is built with the address sanitizer, 1 or 0.
 *
 * It poisons what is not to be touched, and has a malloc of its own, many times slower.
 */
#ifndef SANITIZER_H
#define SANITIZER_H

/* gcc defines a macro; clang, and gcc from 14 on, answer when they are asked. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZES_ADDRESS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZES_ADDRESS 1
#endif
#endif

#ifndef SANITIZES_ADDRESS
#define SANITIZES_ADDRESS 0
#endif

#endif
