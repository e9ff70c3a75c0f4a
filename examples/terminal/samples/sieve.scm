; cat /samples/sieve.scm | stak-repl
(import (scheme base) (scheme write))

(define (sieve numbers)
  (if (null? numbers)
    '()
    (cons (car numbers)
      (sieve
        (let keep ((rest (cdr numbers)))
          (cond
            ((null? rest) '())
            ((zero? (modulo (car rest) (car numbers))) (keep (cdr rest)))
            (else (cons (car rest) (keep (cdr rest))))))))))

(define (from a b) (if (> a b) '() (cons a (from (+ a 1) b))))

(sieve (from 2 100))
