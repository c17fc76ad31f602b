/* Hides instruction sets of an x86 processor from a process, so that its libraries run as on a
   lesser one. Not all of them have a variable for that; all of them ask CPUID, which Linux lets
   fault (arch_prctl), and the answer given here lacks what HIDE names:

       HIDE=amx      what has AVX-512 with VNNI and bfloat16, but no AMX
       HIDE=bf16     and no bfloat16: AVX-512 with VNNI
       HIDE=avx512   and no AVX-512: AVX2 with AVX-VNNI
       HIDE=vnni     and no VNNI: AVX2 alone

       cc -O2 -shared -fPIC -o hide.so bench/hide_instructions.c
       HIDE=avx512 LD_PRELOAD=./hide.so COMMAND */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define BIT(n) (1u << (n))
#define ARCH_SET_CPUID 0x1012

/* The bits of leaf 7 to clear: EBX, ECX and EDX of its first part, EAX and EDX of its second. */
static unsigned hidden_b, hidden_c, hidden_d, hidden_1a, hidden_1d;

static void answer(int signal_number, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *code = (const unsigned char *)registers[REG_RIP];
    unsigned leaf = registers[REG_RAX], part = registers[REG_RCX];
    unsigned a = leaf, b, c = part, d;
    if (code[0] != 0x0f || code[1] != 0xa2) { /* another fault, which ends the process */
        signal(SIGSEGV, SIG_DFL);
        return;
    }
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
    if (leaf == 7 && part == 0) b &= ~hidden_b, c &= ~hidden_c, d &= ~hidden_d;
    if (leaf == 7 && part == 1) a &= ~hidden_1a, d &= ~hidden_1d;
    registers[REG_RAX] = a, registers[REG_RBX] = b, registers[REG_RCX] = c, registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void hide(void) {
    const char *steps[] = {"amx", "bf16", "avx512", "vnni"}, *wanted = getenv("HIDE");
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};
    int step = 0;
    if (!wanted || !*wanted) return;
    while (step < 4 && strcmp(wanted, steps[step])) step++;
    if (step == 4) fprintf(stderr, "HIDE is amx, bf16, avx512 or vnni\n"), exit(2);
    hidden_d = BIT(22) | BIT(23) | BIT(24) | BIT(25); /* AMX, and AVX-512 FP16, which came with it */
    hidden_1a = BIT(21), hidden_1d = BIT(8) | BIT(19);
    if (step >= 1) hidden_1a |= BIT(4) | BIT(5); /* AVX-VNNI (not on such servers), bfloat16 */
    if (step >= 2) {
        hidden_b = BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31);
        hidden_c = BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14);
        hidden_d |= BIT(8);
        hidden_1a |= BIT(5) | BIT(23), hidden_1a &= ~BIT(4);
        hidden_1d |= BIT(4) | BIT(5) | BIT(10);
    }
    if (step >= 3) hidden_1a |= BIT(4);
    sigaction(SIGSEGV, &action, NULL);
    if (syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0)) perror("CPUID cannot fault here"), exit(2);
}
